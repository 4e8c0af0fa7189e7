import { hash, timingSafeEqual } from "node:crypto";
import { Hono } from "hono";
import type { GatewayEnv } from "../context.js";
import { problem } from "../http/problem.js";
import { presentedToken } from "./credentials.js";

/**
 * `POST /api/v1/session/link` answers a one-time token for the page to who knows the key of this process: a program of the same
 * user on the same machine, which reads it from a file that no other user can read.
 */
export function linkRoute(key: string, link: () => string): Hono<GatewayEnv> {
  const routes = new Hono<GatewayEnv>();
  const expected = hash("sha256", key, "buffer");
  routes.post("/api/v1/session/link", (c) => {
    const given = hash("sha256", presentedToken(c.req.raw.headers) ?? "", "buffer");
    if (!timingSafeEqual(given, expected)) throw problem("unauthenticated", "the key is not that of this gateway");
    c.header("cache-control", "no-store");
    return c.json({ token: link() });
  });
  return routes;
}
