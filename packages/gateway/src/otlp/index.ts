import { type Context, Hono } from "hono";
import { requireScope } from "../access/require-scope.js";
import type { GatewayContext, GatewayEnv } from "../context.js";
import { type Problem, problem, problemResponse } from "../http/problem.js";
import { encodingOf, statusResponse } from "./answers.js";
import type { OtlpOptions } from "./options.js";
import type { OtlpSignal } from "./outcome.js";
import { isGrpc, OtlpReceiver } from "./receiver.js";

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
 * it does not name as rejected is stored. What goes wrong is thrown: {@link failureResponse} answers it.
 * @throws `invalid_argument` for an option that cannot be used
 */
export function otlpRoutes(context: GatewayContext, options: OtlpOptions = {}): Hono<GatewayEnv> {
  const receiver = new OtlpReceiver(context, options);
  const routes = new Hono<GatewayEnv>();
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

/** The answer that tells a client about a problem: in the terms of OTLP where it sent telemetry, as problem+json elsewhere. */
export function failureResponse({ req }: Context<GatewayEnv>, failure: Problem): Response {
  if (!Object.hasOwn(PATHS, req.path)) return problemResponse(failure);
  return statusResponse(encodingOf(req.header("content-type")) ?? "json", failure);
}
