import { constants } from "node:fs";
import { access, statfs } from "node:fs/promises";
import { reachableByServerUser } from "./server-user.js";

const SHARED_MEMORY = "/dev/shm";
/** As statfs says it. */
const TMPFS = 0x01021994;
/** Many times what the databases of a test run and their log take. */
const ROOM_BYTES = 3 * 1024 ** 3;

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
