import { existsSync } from "node:fs";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { MigrationRecord } from "@agent-assembly/migrations";
import { StorageError } from "@agent-assembly/storage-core";
import { retryWhileBusy } from "../driver/busy-retry.js";
import { classifySqliteError, locationOf } from "../driver/errors.js";
import { checkAccess, type FileUse } from "../file/access.js";
import { hasSidecar, readFileHeader, sidecarBytes } from "../file/header.js";
import { APPLICATION_ID } from "../file/identity.js";
import { foreignDatabase, isForeign, readIdentity } from "../file/ownership.js";
import { type FileToRead, fileToRead } from "../reading/file-to-read.js";
import { readHistory } from "./migration-driver.js";

export interface FoundDatabase {
  /** `empty`: a file of no bytes, or a database without a schema. */
  readonly state: "absent" | "empty" | "ours";
  readonly history: readonly MigrationRecord[];
}

interface ReadingOptions {
  readonly busyTimeoutMs: number;
  readonly use: FileUse;
  /** A copy of a store in use is taken for what it has, without its -wal. */
  readonly withoutWal?: boolean;
}

const LOOKS = 4;
const LOOK_WAIT_MS = 50;

/**
 * Inspects the file at `path` without changing it.
 * @param use what it is to be used for: to be read, the file and its folder need not be writable
 * @param withoutWal a copy of a store in use is taken for what it has, without its -wal
 * @throws `permission_denied`, `invalid_argument` (a folder), `corrupt` (not a SQLite database, truncated, or of
 *   another application), `busy`
 */
export async function inspectDatabase(
  path: string,
  busyTimeoutMs: number,
  use: FileUse = "write",
  { withoutWal = false }: { readonly withoutWal?: boolean } = {},
): Promise<FoundDatabase> {
  try {
    return await readingDatabase(path, { busyTimeoutMs, use, withoutWal }, (file) => readDatabase(file, path), {
      absent: { state: "absent", history: [] },
      empty: { state: "empty", history: [] },
    });
  } catch (error) {
    throw classifySqliteError(error, path);
  }
}

/**
 * Checks the file and runs `read` with it, as often as another process holds its lock.
 * @param none the result for no file, and for one without content
 */
export async function readingDatabase<T>(
  path: string,
  { busyTimeoutMs, use, withoutWal = false }: ReadingOptions,
  read: (file: FileToRead) => T,
  none: { readonly absent: T; readonly empty: T },
): Promise<T> {
  if (!checkAccess(path, use)) return none.absent;
  if (!(await checkFile(path, withoutWal))) return none.empty;
  const file = await fileToRead(path, use);
  try {
    return await retryWhileBusy(() => read(file), { timeoutMs: busyTimeoutMs, path });
  } finally {
    file.release();
  }
}

/** @returns false for a file without content */
async function checkFile(path: string, withoutWal: boolean): Promise<boolean> {
  for (let look = 1; ; look++) {
    const header = readFileHeader(path);
    if (header.fileBytes === 0) return false;
    if (!header.isSqlite) {
      throw corrupt(path, "the file is not a SQLite database; nothing was written to it", "Choose another path.");
    }
    const inUse = sidecarBytes(path, "-wal") > 0 || sidecarBytes(path, "-journal") > 0;
    if (!inUse && header.applicationId !== 0 && header.applicationId !== APPLICATION_ID) throw foreignDatabase(path);
    const lacksWal = !withoutWal && header.leftOpen === "copied" && !hasSidecar(path, "-wal");
    if (!lacksWal && (inUse || header.fileBytes >= header.expectedBytes)) return true;
    // Another process may be extending the file right now; real damage persists.
    if (look === LOOKS) {
      if (lacksWal) throw missingWal(path);
      const sizes = `${header.fileBytes} of ${header.expectedBytes} bytes`;
      throw corrupt(path, `the file is truncated: it has ${sizes}`, "Restore a backup.");
    }
    await sleep(LOOK_WAIT_MS);
  }
}

function readDatabase(file: FileToRead, path: string): FoundDatabase {
  const db = file.open();
  try {
    const identity = readIdentity(db);
    if (isForeign(identity)) throw foreignDatabase(path);
    return { state: identity.objects === 0 ? "empty" : "ours", history: readHistory(db) };
  } finally {
    db.close();
  }
}

/** What people should know of a database whose -wal went without a process of ours having closed it. */
export function notesOnWal(path: string): string[] {
  if (!existsSync(path) || hasSidecar(path, "-wal") || readFileHeader(path).leftOpen !== "here") return [];
  return [
    `${basename(path)}-wal is gone although no process closed the store: nothing is missing if another program has opened the file since, and the newest events are if it was deleted`,
  ];
}

function missingWal(path: string): StorageError {
  const wal = `${basename(path)}-wal`;
  return corrupt(
    path,
    `the newest events may be missing: it was copied from a store that was in use, without the ${wal} that has them`,
    `Copy stores in use with "aasm backup", or put the ${wal} of the same moment beside this copy. To use what it has: "aasm restore ${basename(path)} --without-wal --path NEW".`,
  );
}

function corrupt(path: string, message: string, remedy: string): StorageError {
  return new StorageError({ code: "corrupt", location: locationOf(path), message, remedy });
}
