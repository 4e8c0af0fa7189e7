import type { Hono } from "hono";
import type { GatewayContext, GatewayEnv } from "../context.js";
import { openApiDocument } from "./openapi/document.js";
import { jsonAnswer } from "./routing/answers.js";
import { API_PREFIX, mountRoutes } from "./routing/mount.js";
import { ROUTES } from "./table.js";

/** The REST API of a gateway: everything below `/api/v1`. */
export function apiRoutes(context: GatewayContext): Hono<GatewayEnv> {
  const routes = mountRoutes(ROUTES, context);
  // Open to all: it says nothing about this store, and tools that read it have no token.
  routes.get(`${API_PREFIX}/openapi.json`, () => jsonAnswer(openApiDocument()));
  return routes;
}
