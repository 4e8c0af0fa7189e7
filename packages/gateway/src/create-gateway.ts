import type { AgentStorage } from "@agent-assembly/storage";
import { composeGateway } from "./compose.js";
import type { Gateway } from "./gateway.js";
import type { GatewayOptions } from "./options.js";

/**
 * A gateway over an opened store.
 * @param storage stays the caller's: closing the gateway does not close it
 * @throws `invalid_argument` for a `publicUrl` or a `sessionKey` that is none
 */
export function createGateway(storage: AgentStorage, options: GatewayOptions = {}): Gateway {
  return composeGateway(storage, options, {});
}
