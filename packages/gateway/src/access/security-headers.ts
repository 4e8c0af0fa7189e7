import { createMiddleware } from "hono/factory";
import type { GatewayEnv } from "../context.js";

/** On every answer: what is served here is for this origin's own page and for programs. */
const HEADERS = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
} as const;

/** For everything but the page: nothing in it is run or shown in a frame. */
const CONTENT_SECURITY_POLICY = "default-src 'none'; frame-ancestors 'none'";

/** Adds what keeps answers from being used by pages of other origins. */
export const securityHeaders = createMiddleware<GatewayEnv>(async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(HEADERS)) c.res.headers.set(name, value);
  if (!c.res.headers.has("content-security-policy")) {
    c.res.headers.set("content-security-policy", CONTENT_SECURITY_POLICY);
  }
});
