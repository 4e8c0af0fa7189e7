import type { BodyLimits } from "./http/body.js";
import type { RetentionOptions } from "./retention.js";

/** Options of {@link createGateway}. */
export interface GatewayOptions {
  readonly limits?: BodyLimits | undefined;
  /** Shown to operators. @default `remote` on PostgreSQL, else `local` */
  readonly mode?: "local" | "remote" | undefined;
  /** What retention routes plan and run by. @default none: they answer `unsupported` */
  readonly retention?: RetentionOptions | undefined;
  /** Milliseconds since the epoch. @default the system's clock */
  readonly now?: (() => number) | undefined;
}
