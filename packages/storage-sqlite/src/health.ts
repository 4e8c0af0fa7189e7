import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { type MigrationStatus, statusOf } from "@agent-assembly/migrations";
import { StorageError, type StorageHealth } from "@agent-assembly/storage-core";
import type { Database } from "better-sqlite3";
import { retryWhileBusy } from "./driver/busy-retry.js";
import { classifySqliteError, locationOf } from "./driver/errors.js";
import { notesOnSharing } from "./file/access.js";
import { readFileHeader, sidecarBytes } from "./file/header.js";
import { readHistory } from "./schema/migration-driver.js";
import { SQLITE_MIGRATIONS } from "./schema/migrations.js";

/** A WAL this long means that a reader keeps it from being emptied. */
const LONG_WAL_BYTES = 256 * 1024 * 1024;
/** Below this a write may fail with `full` any moment. */
const LOW_DISK_BYTES = 64 * 1024 * 1024;
const BUSY_WAIT_MS = 250;

type Details = Record<string, string | number | boolean>;

/**
 * How the database is, in constant time: header fields, file sizes and both ends of the row id index, whatever the
 * number of rows. Problems are reported, not thrown.
 * @param reader its handle on the database
 * @param path absolute
 * @param found on opening it
 * @throws `closed`
 */
export async function sqliteHealth(
  reader: Database,
  path: string,
  found: readonly string[] = [],
): Promise<StorageHealth> {
  const start = performance.now();
  try {
    const { status, details, serverVersion } = await retryWhileBusy(() => look(reader, path), {
      timeoutMs: BUSY_WAIT_MS,
      path,
    });
    const latencyMs = performance.now() - start;
    details.diskFreeBytes = await freeDiskBytes(path);
    const problems = findProblems(status, details);
    const notes = [...found, ...notesOnSharing(path)];
    return {
      status: problems.length === 0 ? "ok" : "degraded",
      backend: "sqlite",
      latencyMs,
      schemaVersion: status.version,
      serverVersion,
      problems,
      ...(notes.length > 0 && { notes }),
      details,
    };
  } catch (error) {
    const problem = classifySqliteError(error, path);
    if (problem.code === "closed") throw problem;
    return {
      status: "down",
      backend: "sqlite",
      latencyMs: performance.now() - start,
      problems: [problem.message],
      details: { path },
    };
  }
}

function look(reader: Database, path: string): { status: MigrationStatus; details: Details; serverVersion: string } {
  const status = statusOf(SQLITE_MIGRATIONS, readHistory(reader));
  const serverVersion = reader.prepare<[], { v: string }>("SELECT sqlite_version() AS v").get()?.v ?? "";
  const pageBytes = reader.pragma("page_size", { simple: true }) as number;
  const freePages = reader.pragma("freelist_count", { simple: true }) as number;
  const details: Details = {
    path,
    fileBytes: presentFileBytes(path),
    walBytes: sidecarBytes(path, "-wal"),
    freeBytes: freePages * pageBytes,
    journalMode: reader.pragma("journal_mode", { simple: true }) as string,
  };
  if (status.version > 0) details.approximateEvents = approximateEvents(reader);
  return { status, details, serverVersion };
}

/** An open connection does not notice that the file at its path was deleted or overwritten; this does. */
function presentFileBytes(path: string): number {
  const { isSqlite, fileBytes } = readFileHeader(path);
  if (isSqlite) return fileBytes;
  throw new StorageError({
    code: "corrupt",
    location: locationOf(path),
    message: "the file was overwritten and is no longer a SQLite database",
    remedy: "Close the storage and restore a backup.",
  });
}

/** Exact until retention deletes from the middle: events are numbered as they are committed. */
function approximateEvents(reader: Database): number {
  const ends = reader
    .prepare<[], { first: number | null; last: number | null }>(
      "SELECT (SELECT min(seq) FROM audit_events) AS first, (SELECT max(seq) FROM audit_events) AS last",
    )
    .get();
  return ends === undefined || ends.first === null || ends.last === null ? 0 : ends.last - ends.first + 1;
}

async function freeDiskBytes(path: string): Promise<number> {
  const disk = await statfs(dirname(path));
  return disk.bavail * disk.bsize;
}

function findProblems(status: MigrationStatus, details: Details): string[] {
  const problems: string[] = [];
  if (status.problem !== undefined) problems.push(status.problem.message);
  else if (status.state === "outdated") {
    problems.push(`schema version ${status.version} of ${status.latest}; run "aasm migrate"`);
  }
  if ((details.walBytes as number) > LONG_WAL_BYTES) {
    problems.push(
      `the write-ahead log has grown to ${details.walBytes} bytes; end the long-running reader that keeps it`,
    );
  }
  if ((details.diskFreeBytes as number) < LOW_DISK_BYTES) {
    problems.push(`only ${details.diskFreeBytes} bytes are free on the disk; free some space`);
  }
  return problems;
}
