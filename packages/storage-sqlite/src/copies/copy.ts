import { randomBytes } from "node:crypto";
import { closeSync, constants, fsyncSync, linkSync, openSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { statusOf } from "@agent-assembly/migrations";
import { type BackupOptions, type BackupReport, StorageError } from "@agent-assembly/storage-core";
import type { Database } from "better-sqlite3";
import { retryWhileBusy } from "../driver/busy-retry.js";
import { locationOf } from "../driver/errors.js";
import { openDatabase } from "../driver/open-database.js";
import { hasSidecar } from "../file/header.js";
import { removedAtExit } from "../file/temporary.js";
import { beginHistory } from "../history/openings.js";
import { fileToRead } from "../reading/file-to-read.js";
import { readHistory } from "../schema/migration-driver.js";
import { SQLITE_MIGRATIONS } from "../schema/migrations.js";
import { describeRows, type RowsFound, readRows } from "./rows.js";
import { verifyCopy } from "./verify.js";

interface CopyOptions extends BackupOptions {
  readonly busyTimeoutMs: number;
}

const { O_CREAT, O_EXCL, O_WRONLY, O_RDONLY } = constants;
const FILE_MODE = 0o600;
/** Pages of one step, which the event loop waits for. */
const STEP_PAGES = 256;

/**
 * Copies a database that can be read to `target`, with a history of its own. The file appears under its name when it is
 * complete, verified and on the disk.
 * @throws `conflict` when there is a file by then; the driver's errors; the reason of an abort
 */
export async function copyDatabase(from: string, target: string, options: CopyOptions): Promise<BackupReport> {
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}.tmp`);
  closeSync(openSync(temporary, O_CREAT | O_EXCL | O_WRONLY, FILE_MODE));
  const remove = removedAtExit(temporary);
  try {
    const found = await copyPages(from, temporary, options);
    const schemaVersion = makeIndependent(temporary);
    sync(temporary);
    await verifyCopy(temporary, found, options.signal);
    options.signal?.throwIfAborted();
    publish(temporary, target);
    return { file: target, bytes: statSync(target).size, schemaVersion, ...describeRows(found) };
  } finally {
    remove();
  }
}

/** @returns the rows of the state that was copied */
async function copyPages(from: string, to: string, options: CopyOptions): Promise<RowsFound> {
  const file = await fileToRead(from, "read");
  const db = file.open();
  try {
    for (;;) {
      const found = await copyOnce(db, file.path, to, options);
      if (found !== undefined) return found;
    }
  } finally {
    db.close();
    file.release();
  }
}

/**
 * While a writer is there, one read transaction holds the state that is copied: the writer goes on, in its -wal. Without
 * one, holding it would keep a writer from opening the file; should one come, the copy begins again.
 * @returns `undefined` when it has to begin again
 */
async function copyOnce(
  db: Database,
  path: string,
  to: string,
  { signal, onProgress, busyTimeoutMs }: CopyOptions,
): Promise<RowsFound | undefined> {
  const wait = { timeoutMs: busyTimeoutMs, path, signal };
  const isHeld = db.pragma("journal_mode", { simple: true }) === "wal";
  const versionOf = (): unknown => db.pragma("data_version", { simple: true });
  if (isHeld) db.exec("BEGIN");
  try {
    const found = await retryWhileBusy(() => readRows(db), wait);
    const version = versionOf();
    const pageBytes = db.pragma("page_size", { simple: true }) as number;
    await db.backup(to, {
      progress: ({ totalPages, remainingPages }) => {
        signal?.throwIfAborted();
        if (!isHeld && hasSidecar(path, "-wal")) throw new WriterCame();
        onProgress?.({ copiedBytes: (totalPages - remainingPages) * pageBytes, totalBytes: totalPages * pageBytes });
        return STEP_PAGES;
      },
    });
    return isHeld || versionOf() === version ? found : undefined;
  } catch (error) {
    if (error instanceof WriterCame) return undefined;
    throw error;
  } finally {
    if (db.inTransaction) db.exec("COMMIT");
  }
}

class WriterCame extends Error {}

/** Makes the copy one file, whose positions are its own. @returns its schema version */
function makeIndependent(path: string): number {
  const db = openDatabase(path);
  try {
    db.pragma("journal_mode = DELETE");
    db.pragma("synchronous = FULL");
    beginHistory(db);
    return statusOf(SQLITE_MIGRATIONS, readHistory(db)).version;
  } finally {
    db.close();
  }
}

/** A rename would replace what another process has put there meanwhile. */
function publish(temporary: string, target: string): void {
  try {
    linkSync(temporary, target);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
    throw new StorageError({
      code: "conflict",
      location: locationOf(target),
      message: "another process has created it meanwhile; nothing was overwritten",
      remedy: "Name another file.",
      cause,
    });
  }
  // Windows opens no folders.
  if (process.platform !== "win32") sync(dirname(target));
}

function sync(path: string): void {
  const fd = openSync(path, O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
