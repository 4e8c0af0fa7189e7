export { type Identity, SCOPES, type Scope } from "./context.js";
export { createGateway, type Gateway } from "./gateway.js";
export type { BodyLimits } from "./http/body.js";
export type { GatewayOptions } from "./options.js";
