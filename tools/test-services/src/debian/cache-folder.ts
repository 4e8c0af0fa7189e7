import { existsSync } from "node:fs";
import { chmod, mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { reachableByServerUser, serverUser } from "../process/server-user.js";
import { ServiceUnavailable } from "../service-unavailable.js";

const VARIABLE = "AASM_TEST_SERVICES_CACHE";
const NAME = "agent-assembly/test-services";

/**
 * Where prepared packages and the CLI's state are kept: `AASM_TEST_SERVICES_CACHE`, or below the user's cache folder.
 * Root's own folders are usually closed to the user that servers run as; then it is below `/var/cache`.
 */
export function cacheFolder(): string {
  const named = process.env[VARIABLE];
  if (named !== undefined && named !== "") {
    const folder = resolve(named);
    if (reachableByServerUser(folder)) return folder;
    const reason = `${folder} (${VARIABLE}) is closed to uid ${serverUser()?.uid}, which servers run as`;
    throw new ServiceUnavailable(reason, `set ${VARIABLE} to a folder that everybody can enter`);
  }
  const personal = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), NAME);
  return reachableByServerUser(personal) ? personal : join("/var/cache", NAME);
}

/** Makes a folder and its missing ancestors, all open for reading to everybody whatever the umask says. */
export async function makePublicFolder(folder: string): Promise<void> {
  if (existsSync(folder)) return;
  await makePublicFolder(dirname(folder));
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
}
