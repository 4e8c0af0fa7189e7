import type { Gateway } from "../gateway.js";

/** A gateway that listens. */
export interface GatewayServer extends AsyncDisposable {
  /** Where this machine reaches it, such as `http://127.0.0.1:7391`. */
  readonly url: string;
  /** The second port, where one was asked for. */
  readonly otlpUrl?: string;
  readonly gateway: Gateway;
  /**
   * Stops accepting, ends streams of events, lets running requests end for `graceMs`, then closes. The store stays open.
   * Idempotent.
   */
  close(): Promise<void>;
}
