import { Hono } from "hono";
import { requireScope } from "../access/require-scope.js";
import type { GatewayContext, GatewayEnv } from "../context.js";
import { problem, problemOf } from "../http/problem.js";
import { encodingOf, statusResponse } from "./answers.js";
import { OtlpCounters, type OtlpSignal } from "./counters.js";
import { type OtlpOptions, parseOtlpOptions } from "./options.js";
import { isGrpc, OtlpReceiver } from "./receiver.js";

export { type OtlpCounterSample, OtlpCounters } from "./counters.js";
export type { OtlpOptions } from "./options.js";

const PATHS: Readonly<Record<string, OtlpSignal>> = {
  "/v1/traces": "traces",
  "/v1/logs": "logs",
  "/v1/metrics": "metrics",
};
/** Where clients of gRPC send. */
const GRPC_PATHS = "/:service{opentelemetry\\.proto\\.collector\\..+}/Export";

/**
 * `POST /v1/traces`, `/v1/logs` and `/v1/metrics` of OTLP/HTTP, in protobuf and in JSON. An answer with 200 means that everything
 * it does not name as rejected is stored.
 * @param counters counts what comes in
 * @throws `invalid_argument` for an option that cannot be used
 */
export function otlpRoutes(
  context: GatewayContext,
  options: OtlpOptions = {},
  counters: OtlpCounters = new OtlpCounters(),
): Hono<GatewayEnv> {
  const receiver = new OtlpReceiver(context, parseOtlpOptions(options), counters);
  const routes = new Hono<GatewayEnv>();
  routes.onError((error, c) => {
    return statusResponse(encodingOf(c.req.header("content-type")) ?? "json", problemOf(error));
  });
  for (const [path, signal] of Object.entries(PATHS)) {
    routes.post(path, requireScope("ingest"), (c) => receiver.receive(signal, c));
    routes.all(path, () => {
      throw problem("method_not_allowed", "telemetry is sent with POST", { headers: { allow: "POST" } });
    });
  }
  routes.all(GRPC_PATHS, () => {
    throw isGrpc();
  });
  return routes;
}
