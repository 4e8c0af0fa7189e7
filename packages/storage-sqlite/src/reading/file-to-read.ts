import { accessSync, constants } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "better-sqlite3";
import { isBusy } from "../driver/errors.js";
import { openDatabase } from "../driver/open-database.js";
import type { FileUse } from "../file/access.js";
import { hasSidecar, readFileHeader, sidecarBytes } from "../file/header.js";
import { APPLICATION_ID } from "../file/identity.js";
import { copyToRead } from "./private-copy.js";

/** A database, or a copy of it, that connections for reading are opened on. */
export interface FileToRead {
  /** What SQLite opens. */
  readonly path: string;
  /** A connection that cannot write; the caller closes it. */
  open(): Database;
  /** To be called when the connections are closed. */
  release(): void;
}

const SHM_LOOKS = 4;
const SHM_WAIT_MS = 25;

/**
 * How to read a database that exists without changing it.
 *
 * A file whose commits are all in it is opened read-only, which changes nothing. So is one that a process writes, with the
 * shared memory of that process. SQLite reads a -wal without shared memory only by creating some beside it, and a killed
 * process's journal only by rolling it back: these are read as a copy in a temporary folder.
 * @param use `write`: the file is opened for writing next, so that what SQLite does to read it is done in place
 */
export async function fileToRead(path: string, use: FileUse): Promise<FileToRead> {
  if (use === "write") return toBeWritten(path);
  const { isWal, leftOpen } = readFileHeader(path);
  if (!isWal && sidecarBytes(path, "-wal") === 0) return readOnlyOrCopy(path);
  // A read-write connection takes its -wal and -shm files away again; for a read-only one they would have to be there.
  if (!hasSidecar(path, "-wal")) return isWritable(path) ? inPlace(path, false) : copied(path);
  // A -shm beside a copy was copied with it, and is shared by no process: SQLite would write it anew.
  if (leftOpen === "copied") return copied(path);
  // A process that opens the file right now creates its shared memory next.
  for (let look = 1; look < SHM_LOOKS && !hasSidecar(path, "-shm"); look++) await sleep(SHM_WAIT_MS);
  return hasSidecar(path, "-shm") ? readOnlyOrCopy(path) : copied(path);
}

async function readOnlyOrCopy(path: string): Promise<FileToRead> {
  const file = inPlace(path, true);
  try {
    file.open().close();
    return file;
  } catch (error) {
    if (needsRecovery(error)) return copied(path);
    if (isBusy(error)) return file;
    throw error;
  }
}

function inPlace(path: string, readonly: boolean): FileToRead {
  return { path, open: () => openConnection(path, readonly), release: () => undefined };
}

/** What SQLite has to write to the file before it can be read, it may write. */
function toBeWritten(path: string): FileToRead {
  const readonly = !readFileHeader(path).isWal || sidecarBytes(path, "-wal") > 0 || sidecarBytes(path, "-journal") > 0;
  const open = (): Database => {
    try {
      return openConnection(path, readonly);
    } catch (error) {
      if (!needsRecovery(error) || !isOursByHeader(path)) throw error;
      // Closing the last read-write connection moves a leftover WAL into the file.
      return openConnection(path, false);
    }
  };
  return { path, open, release: () => undefined };
}

async function copied(path: string): Promise<FileToRead> {
  const copy = await copyToRead(path);
  return { path: copy.path, open: () => openConnection(copy.path, false), release: () => copy.remove() };
}

function openConnection(path: string, readonly: boolean): Database {
  const connection = openDatabase(path, { readonly });
  try {
    connection.pragma("query_only = ON");
    connection.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get();
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** SQLite must finish what a crashed process began before it can read, or create files that it may not create. */
function needsRecovery(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === "string" && /^SQLITE_(READONLY_(ROLLBACK|RECOVERY|CANTINIT|CANTLOCK)|CANTOPEN)/.test(code);
}

/** A single page without an id is what a process that crashed while creating a database leaves. */
function isOursByHeader(path: string): boolean {
  const { applicationId, fileBytes, pageBytes } = readFileHeader(path);
  return applicationId === APPLICATION_ID || (applicationId === 0 && fileBytes <= pageBytes);
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    accessSync(dirname(path), constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
