export type { Identity, Scope } from "./context.js";
export { createGateway, type Gateway } from "./gateway.js";
export type { BodyLimits } from "./http/body.js";
export type { GatewayOptions } from "./options.js";
export type { OtlpOptions } from "./otlp/options.js";
export type { RetentionOptions } from "./retention.js";
export type { ServeOptions, TlsFiles } from "./server/options.js";
export { type GatewayServer, serve } from "./server/serve.js";
