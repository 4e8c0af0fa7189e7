import type { Scope } from "./context.js";
import type { BodyLimits } from "./http/body.js";
import type { OtlpOptions } from "./otlp/options.js";
import type { RetentionOptions } from "./retention.js";

/** Options of {@link createGateway}. */
export interface GatewayOptions {
  /** Sizes of request bodies. */
  readonly limits?: BodyLimits | undefined;
  /** Shown to operators. @default `remote` on PostgreSQL, else `local` */
  readonly mode?: "local" | "remote" | undefined;
  /** What retention routes plan and run by. @default none: they answer `unsupported` */
  readonly retention?: RetentionOptions | undefined;
  /**
   * Whether each read of payloads is recorded as an audit event of action `governance`: who read what, and how many. A read whose
   * record cannot be stored fails. @default false
   */
  readonly accessAudit?: boolean | undefined;
  /**
   * Whether tokens and cost of model calls become samples of the metrics `tokens` and `cost_usd`, once for each call that was not
   * stored before. @default false
   */
  readonly sampleModelCalls?: boolean | undefined;
  /** How telemetry becomes what is stored. */
  readonly otlp?: OtlpOptions | undefined;
  /**
   * What may be done without a token, for as long as the store has never had one: for a gateway that only programs of this
   * machine reach.
   * @default nothing
   */
  readonly anonymous?: readonly Scope[] | undefined;
  /**
   * Host names, without ports, that requests may be for, besides those of this machine and that of `publicUrl`; `any` where a
   * proxy or the mounting server checks them.
   * @default none
   */
  readonly hosts?: readonly string[] | "any" | undefined;
  /** The address that browsers use, where a proxy stands before the gateway, such as `https://audit.example.com`. */
  readonly publicUrl?: string | undefined;
  /** Whether browsers reach the gateway by TLS. @default whether `publicUrl` begins with `https:` */
  readonly secure?: boolean | undefined;
  /** The folder of the built page. @default the one that the package brings */
  readonly dashboard?: string | undefined;
  /** A secret of this process, with which `POST /api/v1/session/link` answers links to the page. @default no such route */
  readonly linkKey?: string | undefined;
  /** Who a link to the page is for: the name under which what is changed there is recorded. @default "local" */
  readonly linkName?: string | undefined;
  /**
   * A secret that all gateways of a store share, of 32 to 512 characters, so that a session of the page, and a link to it, is good at each
   * of them and outlives them; or up to 8, of which the first makes sessions and all are accepted. Who has it can make sessions
   * with all scopes. @default none: sessions are in the memory of the process
   */
  readonly sessionKey?: string | readonly string[] | undefined;
  /** Told of failures of the server, of which answers say nothing. @default nothing is called */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Milliseconds since the epoch. @default the system's clock */
  readonly now?: (() => number) | undefined;
}
