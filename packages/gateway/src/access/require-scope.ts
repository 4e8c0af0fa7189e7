import { createMiddleware } from "hono/factory";
import type { GatewayEnv, Scope } from "../context.js";
import { problem } from "../http/problem.js";
import { unauthenticated } from "./unauthenticated.js";

/**
 * Lets requests pass whose sender has one of the scopes, and sets `c.var.identity`. It does not read the body.
 * @throws ProblemError 401 without a valid token; 403 without such a scope; 429 above the token's rate
 */
export function requireScope(...scopes: readonly [Scope, ...Scope[]]) {
  return createMiddleware<GatewayEnv>(async (c, next) => {
    const identity = await c.var.authenticate();
    if (!scopes.some((scope) => identity.scopes.has(scope))) {
      // What everyone may do is not enough here; with a token it might be.
      if (identity.credential === "none") throw unauthenticated("the request carries no token");
      throw problem("forbidden", `the token lacks the scope ${scopes.join(" or ")}`, {
        remedy: "Create a token with this scope: aasm token create --scope",
      });
    }
    c.set("identity", identity);
    await next();
  });
}
