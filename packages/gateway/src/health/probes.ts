import { Hono } from "hono";
import type { GatewayContext, GatewayEnv } from "../context.js";

/** `/healthz` says that the process answers; `/readyz` that it can store and read. Neither needs a token. */
export function probeRoutes({ storage, closing }: GatewayContext): Hono<GatewayEnv> {
  const routes = new Hono<GatewayEnv>();
  routes.get("/healthz", (c) => c.json({ status: "ok" }));
  routes.get("/readyz", async (c) => {
    if (closing.aborted) return c.json({ status: "closing" }, 503);
    const { status } = await storage.health();
    return c.json({ status }, status === "down" ? 503 : 200);
  });
  return routes;
}
