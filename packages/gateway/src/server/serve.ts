import type { AgentStorage } from "@agent-assembly/storage";
import type { GatewayServer } from "./gateway-server.js";
import type { ServeOptions } from "./options.js";
import { startServer } from "./start-server.js";

/**
 * Listens for a store, with Node's server.
 * @param storage stays the caller's: closing the server does not close it
 * @throws `invalid_argument`, also for an address beyond this machine without tokens and TLS; `unsupported` for such an
 *   address with a store that keeps no tokens; `conflict` for a port in use; `permission_denied`
 * @example
 * ```ts
 * import { serve } from "@agent-assembly/gateway";
 * import { openStorage } from "@agent-assembly/storage";
 *
 * await using storage = await openStorage({ backend: "memory" });
 * await using server = await serve(storage, { port: 0, anonymous: ["ingest", "read"] });
 * console.log((await fetch(`${server.url}/healthz`)).status);
 * ```
 */
export function serve(storage: AgentStorage, options: ServeOptions = {}): Promise<GatewayServer> {
  return startServer(storage, options, {});
}
