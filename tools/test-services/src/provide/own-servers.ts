import { prepareDebianPackages } from "../debian/prepare.js";
import { requireDocker } from "../docker.js";
import { firstAvailable } from "../service-unavailable.js";

/** Rejects with `ServiceUnavailable` where no test can start a server of its own, to restart or misconfigure it. */
export async function requireOwnServers(): Promise<void> {
  await firstAvailable([requireDocker, () => prepareDebianPackages().then(() => undefined)]);
}
