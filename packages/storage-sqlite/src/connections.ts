import { planMigrations, requireCurrent, runMigrations, statusOf } from "@agent-assembly/migrations";
import { StorageError } from "@agent-assembly/storage-core";
import { withContext } from "@agent-assembly/storage-core/backend";
import type { Database } from "better-sqlite3";
import { retryWhileBusy } from "./driver/busy-retry.js";
import { classifySqliteError, locationOf } from "./driver/errors.js";
import { openDatabase } from "./driver/open-database.js";
import { createDatabaseFile } from "./file/access.js";
import { holdFile } from "./file/held-files.js";
import { WritableFile } from "./history/writable-file.js";
import type { ResolvedSqliteOptions } from "./options.js";
import { fileToRead } from "./reading/file-to-read.js";
import { type FoundDatabase, inspectDatabase, notesOnWal } from "./schema/inspect.js";
import { SqliteMigrationDriver } from "./schema/migration-driver.js";
import { SQLITE_MIGRATIONS, TOOL_VERSION } from "./schema/migrations.js";

export interface SqliteConnections {
  /** The one connection that writes. */
  readonly writer: Database;
  /** Read-only (`query_only`). */
  readonly reader: Database;
  /** The file they are open on: `options.path`, or a copy of one that may not be changed. */
  readonly path: string;
  /** What was found on opening that people should know. */
  readonly notes: readonly string[];
  /** Closes both. The last one to close a file leaves it complete, without a -wal. */
  close(): Promise<void>;
}

const READER_WAIT_MS = 5000;
const WRITER_CACHE_KIB = 16 * 1024;
const READER_CACHE_KIB = 32 * 1024;
/** Against 4 KiB, group commits and scans are a tenth faster and single commits a tenth slower. */
const PAGE_BYTES = 8192;
/** Pages after which a commit itself runs a checkpoint; 16 MiB. Usually the idle checkpoint runs earlier. */
const WAL_AUTOCHECKPOINT_PAGES = 2000;
/** Size to which a larger WAL is truncated. */
const WAL_LIMIT_BYTES = 16 * 1024 * 1024;

/**
 * Opens a database, and creates or migrates it according to `options.migrate`. A rejected file stays unchanged, byte
 * for byte.
 * @throws `permission_denied`, `corrupt`, `schema_newer`, `schema_outdated`, `migration_failed`, `not_found` (no file,
 *   and `migrate` is `off`), `busy`, `full`, `invalid_argument`
 */
export async function openConnections(options: ResolvedSqliteOptions): Promise<SqliteConnections> {
  const { path, busyTimeoutMs, readOnly } = options;
  const found = await inspectDatabase(path, busyTimeoutMs, readOnly ? "read" : "write");
  try {
    requireUsable(found, options);
    const notes = notesOnWal(path);
    return { ...(await (readOnly ? openToRead(path) : openToWrite(options, found))), notes };
  } catch (error) {
    throw withContext(error, { operation: "open", backend: "sqlite", location: locationOf(path) }, (thrown) =>
      classifySqliteError(thrown, path),
    );
  }
}

type Opened = Omit<SqliteConnections, "notes">;

async function openToWrite(options: ResolvedSqliteOptions, found: FoundDatabase): Promise<Opened> {
  const { path, busyTimeoutMs, migrate } = options;
  const file = await openForMigration(path, busyTimeoutMs, found);
  const { db: writer } = file;
  try {
    if (migrate === "auto") {
      const driver = new SqliteMigrationDriver(writer, { path, busyTimeoutMs });
      await runMigrations(driver, SQLITE_MIGRATIONS, { toolVersion: TOOL_VERSION });
    }
    await file.begin();
    const reader = file.with(await openReader(path, busyTimeoutMs));
    return { writer, reader, path, close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** One connection, which refuses to write. */
async function openToRead(path: string): Promise<Opened> {
  const file = await fileToRead(path, "read");
  try {
    const reader = file.open();
    configure(reader, READER_CACHE_KIB);
    // A writer that opens or closes the file keeps others from reading it for a moment.
    reader.pragma(`busy_timeout = ${READER_WAIT_MS}`);
    const close = async (): Promise<void> => {
      reader.close();
      file.release();
    };
    return { writer: reader, reader, path: file.path, close };
  } catch (error) {
    file.release();
    throw error;
  }
}

/** A configured read-write connection; creates the file when it is missing. The caller closes it, as {@link WritableFile}. */
export async function openForMigration(
  path: string,
  busyTimeoutMs: number,
  found: FoundDatabase,
): Promise<WritableFile> {
  if (found.state === "absent") createDatabaseFile(path);
  const release = holdFile(path);
  const opened = openHandle(path, busyTimeoutMs, (db) => {
    // Both take effect only before the first page is written.
    if (found.state !== "ours") {
      db.pragma(`page_size = ${PAGE_BYTES}`);
      db.pragma("auto_vacuum = INCREMENTAL");
    }
    useWriteAheadLog(db, path);
    configure(db, WRITER_CACHE_KIB);
    db.pragma("synchronous = FULL");
    db.pragma("foreign_keys = ON");
    db.pragma(`wal_autocheckpoint = ${WAL_AUTOCHECKPOINT_PAGES}`);
    db.pragma(`journal_size_limit = ${WAL_LIMIT_BYTES}`);
  });
  return opened.then(
    (db) => new WritableFile(db, { path, timeoutMs: busyTimeoutMs, release }),
    (error: unknown) => {
      release();
      throw error;
    },
  );
}

function openReader(path: string, busyTimeoutMs: number): Promise<Database> {
  return openHandle(path, busyTimeoutMs, (db) => {
    configure(db, READER_CACHE_KIB);
    db.pragma("query_only = ON");
    // Makes SQLite load the schema now, so that an unreadable file fails here.
    db.prepare("SELECT count(*) FROM sqlite_schema").get();
  });
}

/** @param setUp repeated from the start while another process holds the lock, because most pragmas read the file */
async function openHandle(path: string, busyTimeoutMs: number, setUp: (db: Database) => void): Promise<Database> {
  const db = openDatabase(path);
  try {
    await retryWhileBusy(() => setUp(db), { timeoutMs: busyTimeoutMs, path });
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function configure(db: Database, cacheKib: number): void {
  db.pragma(`cache_size = -${cacheKib}`);
  // Retention shortens the file; a mapped page beyond its end would kill the process instead of failing a read.
  db.pragma("mmap_size = 0");
  // Functions in a schema of unknown origin must not run with side effects.
  db.pragma("trusted_schema = OFF");
}

function useWriteAheadLog(db: Database, path: string): void {
  const mode = db.pragma("journal_mode = WAL", { simple: true });
  if (mode === "wal") return;
  throw new StorageError({
    code: "unavailable",
    retryable: false,
    location: locationOf(path),
    message: "its file system does not support shared memory, which write-ahead logging needs",
    remedy: "Choose a local disk.",
  });
}

type Wanted = Pick<ResolvedSqliteOptions, "path" | "migrate" | "readOnly">;

function requireUsable(found: FoundDatabase, { path, migrate, readOnly }: Wanted): void {
  if (readOnly && found.state === "absent") {
    throw new StorageError({
      code: "not_found",
      message: `there is no database at ${path}`,
      option: "options.readOnly",
      remedy: 'Name another file, or run "aasm migrate" to create it.',
    });
  }
  if (migrate === "off") {
    if (found.state !== "absent") return;
    throw new StorageError({
      code: "not_found",
      message: `there is no database at ${path}`,
      option: "options.migrate",
      remedy: 'Run "aasm migrate" to create it, or open it with {option} set to "auto".',
    });
  }
  if (migrate === "check" || readOnly) {
    requireCurrent(statusOf(SQLITE_MIGRATIONS, found.history), locationOf(path));
    return;
  }
  planMigrations(SQLITE_MIGRATIONS, found.history);
}
