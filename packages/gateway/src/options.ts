import type { BodyLimits } from "./http/body.js";

/** Options of {@link createGateway}. */
export interface GatewayOptions {
  readonly limits?: BodyLimits | undefined;
  /** Milliseconds since the epoch. @default the system's clock */
  readonly now?: (() => number) | undefined;
}
