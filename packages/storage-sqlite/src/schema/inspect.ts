import { setTimeout as sleep } from "node:timers/promises";
import type { MigrationRecord } from "@agent-assembly/migrations";
import { StorageError } from "@agent-assembly/storage-core";
import Database from "better-sqlite3";
import { retryWhileBusy } from "../driver/busy-retry.js";
import { classifySqliteError, locationOf } from "../driver/errors.js";
import { NATIVE_BINDING } from "../driver/native-binding.js";
import { checkAccess } from "../file/access.js";
import { readFileHeader, sidecarBytes } from "../file/header.js";
import { APPLICATION_ID } from "../file/identity.js";
import { foreignDatabase, isForeign, readIdentity } from "../file/ownership.js";
import { readHistory } from "./migration-driver.js";

export interface FoundDatabase {
  /** `empty`: a file of no bytes, or a database without a schema. */
  readonly state: "absent" | "empty" | "ours";
  readonly history: readonly MigrationRecord[];
}

const TRUNCATION_LOOKS = 4;
const TRUNCATION_WAIT_MS = 50;
const DRIVER_WAIT_MS = 5;

/**
 * Inspects the file at `path` without changing it.
 * @throws `permission_denied`, `invalid_argument` (a folder), `corrupt` (not a SQLite database, truncated, or of
 *   another application), `busy`
 */
export async function inspectDatabase(path: string, busyTimeoutMs: number): Promise<FoundDatabase> {
  try {
    if (!checkAccess(path)) return { state: "absent", history: [] };
    if (!(await checkFile(path))) return { state: "empty", history: [] };
    return await retryWhileBusy(() => readDatabase(path), { timeoutMs: busyTimeoutMs, path });
  } catch (error) {
    throw classifySqliteError(error, path);
  }
}

/** @returns false for a file without content */
async function checkFile(path: string): Promise<boolean> {
  for (let look = 1; ; look++) {
    const header = readFileHeader(path);
    if (header.fileBytes === 0) return false;
    if (!header.isSqlite) {
      throw corrupt(path, "the file is not a SQLite database; nothing was written to it", "Choose another path.");
    }
    const inUse = sidecarBytes(path, "-wal") > 0 || sidecarBytes(path, "-journal") > 0;
    if (!inUse && header.applicationId !== 0 && header.applicationId !== APPLICATION_ID) throw foreignDatabase(path);
    if (inUse || header.fileBytes >= header.expectedBytes) return true;
    // Another process may be extending the file right now; real damage persists.
    if (look === TRUNCATION_LOOKS) {
      const sizes = `${header.fileBytes} of ${header.expectedBytes} bytes`;
      throw corrupt(path, `the file is truncated: it has ${sizes}`, "Restore a backup.");
    }
    await sleep(TRUNCATION_WAIT_MS);
  }
}

function readDatabase(path: string): FoundDatabase {
  const db = openForReading(path);
  try {
    const identity = readIdentity(db);
    if (isForeign(identity)) throw foreignDatabase(path);
    return { state: identity.objects === 0 ? "empty" : "ours", history: readHistory(db) };
  } finally {
    db.close();
  }
}

/**
 * A connection for inspection only; the caller closes it.
 *
 * Closing the last read-write connection moves a leftover WAL into the file, so a database that has one is opened
 * read-only. Without one that cannot happen, and a read-write connection takes its -wal and -shm files away again.
 */
export function openForReading(path: string): Database.Database {
  const readonly = sidecarBytes(path, "-wal") > 0 || sidecarBytes(path, "-journal") > 0;
  const db = new Database(path, { ...NATIVE_BINDING, readonly, fileMustExist: true, timeout: DRIVER_WAIT_MS });
  try {
    db.pragma("query_only = ON");
    db.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get();
    return db;
  } catch (error) {
    db.close();
    if (readonly && needsRecovery(error) && isOursByHeader(path)) {
      return new Database(path, { ...NATIVE_BINDING, fileMustExist: true, timeout: DRIVER_WAIT_MS });
    }
    throw error;
  }
}

/** SQLite must finish what a crashed process began before it can read. */
function needsRecovery(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return code === "SQLITE_READONLY_ROLLBACK" || code === "SQLITE_READONLY_RECOVERY" || code === "SQLITE_CANTOPEN";
}

/** A single page without an id is what a process that crashed while creating a database leaves. */
function isOursByHeader(path: string): boolean {
  const { applicationId, fileBytes, pageBytes } = readFileHeader(path);
  return applicationId === APPLICATION_ID || (applicationId === 0 && fileBytes <= pageBytes);
}

function corrupt(path: string, message: string, remedy: string): StorageError {
  return new StorageError({ code: "corrupt", location: locationOf(path), message, remedy });
}
