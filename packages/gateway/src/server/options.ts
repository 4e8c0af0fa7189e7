import type { GatewayOptions } from "../options.js";

/** The port of the gateway; OTLP's own, 4318, is a second one. */
export const DEFAULT_PORT = 7391;
/** Only this machine. */
export const DEFAULT_HOST = "127.0.0.1";

/** Certificate and key of a server, as files in PEM. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Options of {@link serve}. */
export interface ServeOptions extends GatewayOptions {
  /** Address to listen on. @default "127.0.0.1" */
  readonly host?: string | undefined;
  /** 0 takes a free one. @default 7391 */
  readonly port?: number | undefined;
  /** A second port, for `/v1/*` alone, such as 4318. @default none */
  readonly otlpPort?: number | undefined;
  /** Serve TLS. @default plain HTTP */
  readonly tls?: TlsFiles | undefined;
  /** Milliseconds that requests are given to end once the server closes. @default 10,000 */
  readonly graceMs?: number | undefined;
}
