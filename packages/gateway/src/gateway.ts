import type { AgentStorage } from "@agent-assembly/storage";
import { Hono } from "hono";
import { type GatewayContext, type GatewayEnv, SCOPES } from "./context.js";
import { probeRoutes } from "./health/probes.js";
import { createBodyReader } from "./http/body.js";
import { problem, problemOf, problemResponse } from "./http/problem.js";
import type { GatewayOptions } from "./options.js";

/** A gateway over one store: mounts in any server that speaks Request and Response. */
export interface Gateway {
  /** Answers one request. Never rejects: failures are answers, too. */
  fetch(request: Request): Promise<Response>;
  /** Ends streams of events; requests that come later are refused. The store stays open. Idempotent. */
  close(): Promise<void>;
}

/** Routes that are mounted in a gateway. */
export interface GatewayRoutes {
  /** At `/`: it serves `/v1/*`. */
  readonly otlp?: ((context: GatewayContext) => Hono<GatewayEnv>) | undefined;
  /** At `/`: it serves `/api/v1/*`. */
  readonly api?: ((context: GatewayContext) => Hono<GatewayEnv>) | undefined;
}

/**
 * A gateway over an opened store.
 * @param storage stays the caller's: closing the gateway does not close it
 */
export function createGateway(
  storage: AgentStorage,
  options: GatewayOptions = {},
  routes: GatewayRoutes = {},
): Gateway {
  const closing = new AbortController();
  const context: GatewayContext = {
    storage,
    now: options.now ?? Date.now,
    bodies: createBodyReader(options.limits),
    closing: closing.signal,
  };
  const app = new Hono<GatewayEnv>();
  app.use(async (c, next) => {
    c.set("authenticate", async () => ({ name: "loopback", scopes: new Set(SCOPES), teamId: undefined }));
    await next();
  });
  app.onError((error) => problemResponse(problemOf(error)));
  app.notFound(() => problemResponse(problem("not_found", "nothing is served at this path").problem));
  app.route("/", probeRoutes(context));
  if (routes.otlp !== undefined) app.route("/", routes.otlp(context));
  if (routes.api !== undefined) app.route("/", routes.api(context));
  return {
    fetch: async (request) => app.fetch(request),
    async close() {
      closing.abort();
    },
  };
}
