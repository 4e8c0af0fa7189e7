import { constants, existsSync } from "node:fs";
import { access, chmod, chown, mkdir, mkdtemp, rm, statfs } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { ServiceUnavailable } from "../service-unavailable.js";
import { reachableByServerUser, serverUser } from "./server-user.js";
import { watch } from "./watch.js";

/** Every folder that may be removed has this in the last part of its path: a last check before `rm -r`. */
export const OWN_FOLDER_MARK = "aasm-test";

const CACHE_VARIABLE = "AASM_TEST_SERVICES_CACHE";
const CACHE_NAME = "agent-assembly/test-services";

const SHARED_MEMORY = "/dev/shm";
/** As statfs says it. */
const TMPFS = 0x01021994;
/** Many times what the databases of a test run and their log take. */
const ROOM_BYTES = 3 * 1024 ** 3;

/**
 * Where prepared packages and the CLI's state are kept: `AASM_TEST_SERVICES_CACHE`, or below the user's cache folder.
 * Root's own folders are usually closed to the user that servers run as; then it is below `/var/cache`.
 */
export function cacheFolder(): string {
  const named = process.env[CACHE_VARIABLE];
  if (named !== undefined && named !== "") {
    const folder = resolve(named);
    if (reachableByServerUser(folder)) return folder;
    const reason = `${folder} (${CACHE_VARIABLE}) is closed to uid ${serverUser()?.uid}, which servers run as`;
    throw new ServiceUnavailable(reason, `set ${CACHE_VARIABLE} to a folder that every user can enter`);
  }
  const personal = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), CACHE_NAME);
  return reachableByServerUser(personal) ? personal : join("/var/cache", CACHE_NAME);
}

/** Makes a folder and its missing ancestors, readable by every user whatever the umask says. */
export async function makePublicFolder(folder: string): Promise<void> {
  if (existsSync(folder)) return;
  await makePublicFolder(dirname(folder));
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
}

/** The folder for short-lived data: the system's, unless the server user cannot get there. */
export function temporaryFolder(): string {
  return reachableByServerUser(tmpdir()) ? tmpdir() : "/tmp";
}

/**
 * A folder whose files are in memory, for data that may be lost: a database is hundreds of files, and a disk's file system
 * takes ten times as long to make them where many were removed a moment ago. `undefined` where there is none, or too little
 * room in it.
 */
export async function memoryFolder(): Promise<string | undefined> {
  if (process.platform !== "linux" || process.availableMemory() < ROOM_BYTES) return undefined;
  if (!reachableByServerUser(SHARED_MEMORY)) return undefined;
  try {
    await access(SHARED_MEMORY, constants.W_OK | constants.X_OK);
    const { type, bavail, bsize } = await statfs(SHARED_MEMORY);
    return type === TMPFS && bavail * bsize >= ROOM_BYTES ? SHARED_MEMORY : undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "EACCES" || code === "EROFS") return undefined;
    throw error;
  }
}

/** A folder with a random name that holds all files of one server. */
export interface RunFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/**
 * Makes a folder that is removed when this process ends, or by `remove`. It belongs to the server user, mode 0700.
 * @param parent where it is made
 */
export async function makeRunFolder(service: string, parent: string = temporaryFolder()): Promise<RunFolder> {
  const user = serverUser();
  const path = await mkdtemp(join(parent, `${OWN_FOLDER_MARK}-${service}-`));
  const forget = watch({ kind: "folder", path });
  if (user !== undefined) await chown(path, user.uid, user.gid);
  return {
    path,
    async remove() {
      await removeOwnFolder(path);
      forget();
    },
  };
}

/** Removes a folder that this package made; refuses any other. */
export async function removeOwnFolder(path: string): Promise<void> {
  if (!basename(path).includes(OWN_FOLDER_MARK)) throw new Error(`not a folder of this package: ${path}`);
  // A server that was killed may have children that write their last files meanwhile.
  await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}
