import { type Context, Hono } from "hono";
import { deleteCookie, setCookie } from "hono/cookie";
import type { GatewayContext, GatewayEnv, Identity } from "../context.js";
import { problem } from "../http/problem.js";
import type { Authenticator } from "./authenticate.js";
import { cookieName, presentedCookie } from "./credentials.js";
import { SESSION_MS, type Sessions } from "./sessions.js";

/** Bytes; a token has 90. */
const MAX_BODY_BYTES = 4096;

/** What the routes of sessions need besides the context. */
export interface SessionRouteParts {
  readonly sessions: Sessions;
  readonly authenticator: Authenticator;
  /** Whether the page is served by TLS. */
  readonly secure: boolean;
}

/**
 * How a browser logs in: `POST /api/v1/session` trades a one-time token, or shows an API token, for a cookie;
 * `DELETE` ends the session.
 */
export function sessionRoutes(
  { bodies }: GatewayContext,
  { sessions, authenticator, secure }: SessionRouteParts,
): Hono<GatewayEnv> {
  const routes = new Hono<GatewayEnv>();
  const name = cookieName(secure);

  routes.post("/api/v1/session", async (c) => {
    // Else a page of another site could log a browser in with a token of its own.
    if (c.req.header("x-aasm") !== "1") throw problem("forbidden", "a session needs the header X-Aasm: 1");
    const token = await bodies.use(c.req.raw, tokenIn, MAX_BODY_BYTES);
    const secret = (await sessions.trade(token)) ?? (await sessionOf(token));
    if (secret === undefined) {
      throw problem("unauthenticated", "the token is unknown, expired or already used", {
        remedy: "Ask for a new link with: aasm dashboard",
      });
    }
    setCookie(c, name, secret, { httpOnly: true, sameSite: "Strict", path: "/", maxAge: SESSION_MS / 1000, secure });
    const identity = await sessions.find(secret);
    return identity === undefined ? c.body(null, 204) : whoami(c, identity);
  });

  routes.delete("/api/v1/session", async (c) => {
    await c.var.authenticate();
    const cookie = presentedCookie(c.req.raw.headers, name);
    if (cookie !== undefined) await sessions.end(cookie);
    deleteCookie(c, name, { path: "/", secure });
    return c.body(null, 204);
  });

  return routes;

  async function sessionOf(token: string): Promise<string | undefined> {
    const identity = await authenticator.byToken(token);
    return identity === undefined ? undefined : sessions.begin(token);
  }
}

function whoami(c: Context<GatewayEnv>, { name, scopes, teamId }: Identity): Response {
  c.header("cache-control", "no-store");
  return c.json({ name, scopes: [...scopes], ...(teamId !== undefined && { teamId }) });
}

function tokenIn(bytes: Uint8Array): string {
  const token = (parseJson(Buffer.from(bytes).toString()) as { readonly token?: unknown } | null)?.token;
  if (typeof token === "string") return token;
  throw problem("invalid_argument", 'the body must be {"token": "..."}', { option: "token" });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
