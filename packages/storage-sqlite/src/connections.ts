import { planMigrations, requireCurrent, runMigrations, statusOf } from "@agent-assembly/migrations";
import { type MigrateMode, StorageError } from "@agent-assembly/storage-core";
import { withContext } from "@agent-assembly/storage-core/backend";
import Database from "better-sqlite3";
import { retryWhileBusy } from "./driver/busy-retry.js";
import { classifySqliteError, locationOf } from "./driver/errors.js";
import { NATIVE_BINDING } from "./driver/native-binding.js";
import { createDatabaseFile } from "./file/access.js";
import type { ResolvedSqliteOptions } from "./options.js";
import { type FoundDatabase, inspectDatabase } from "./schema/inspect.js";
import { SqliteMigrationDriver } from "./schema/migration-driver.js";
import { SQLITE_MIGRATIONS, TOOL_VERSION } from "./schema/migrations.js";

export interface SqliteConnections {
  /** The one connection that writes. */
  readonly writer: Database.Database;
  /** Read-only (`query_only`). */
  readonly reader: Database.Database;
}

/** The driver's own wait blocks the event loop, so it is only as long as another process needs to commit. */
const DRIVER_WAIT_MS = 5;
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
  const { path, busyTimeoutMs } = options;
  const found = await inspectDatabase(path, busyTimeoutMs);
  try {
    requireUsable(found, options);
    const writer = await openForMigration(path, busyTimeoutMs, found);
    try {
      if (options.migrate === "auto") {
        const driver = new SqliteMigrationDriver(writer, { path, busyTimeoutMs });
        await runMigrations(driver, SQLITE_MIGRATIONS, { toolVersion: TOOL_VERSION });
      }
      return { writer, reader: await openReader(path, busyTimeoutMs) };
    } catch (error) {
      writer.close();
      throw error;
    }
  } catch (error) {
    throw withContext(error, { operation: "open", backend: "sqlite", location: locationOf(path) }, (thrown) =>
      classifySqliteError(thrown, path),
    );
  }
}

/** A configured read-write connection; creates the file when it is missing. */
export async function openForMigration(
  path: string,
  busyTimeoutMs: number,
  found: FoundDatabase,
): Promise<Database.Database> {
  if (found.state === "absent") createDatabaseFile(path);
  return openHandle(path, busyTimeoutMs, (db) => {
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
}

function openReader(path: string, busyTimeoutMs: number): Promise<Database.Database> {
  return openHandle(path, busyTimeoutMs, (db) => {
    configure(db, READER_CACHE_KIB);
    db.pragma("query_only = ON");
    // Makes SQLite load the schema now, so that an unreadable file fails here.
    db.prepare("SELECT count(*) FROM sqlite_schema").get();
  });
}

/** @param setUp repeated from the start while another process holds the lock, because most pragmas read the file */
async function openHandle(
  path: string,
  busyTimeoutMs: number,
  setUp: (db: Database.Database) => void,
): Promise<Database.Database> {
  const db = new Database(path, { ...NATIVE_BINDING, fileMustExist: true, timeout: DRIVER_WAIT_MS });
  try {
    await retryWhileBusy(() => setUp(db), { timeoutMs: busyTimeoutMs, path });
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function configure(db: Database.Database, cacheKib: number): void {
  db.pragma(`cache_size = -${cacheKib}`);
  // Retention shortens the file; a mapped page beyond its end would kill the process instead of failing a read.
  db.pragma("mmap_size = 0");
  // Functions in a schema of unknown origin must not run with side effects.
  db.pragma("trusted_schema = OFF");
}

function useWriteAheadLog(db: Database.Database, path: string): void {
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

function requireUsable(found: FoundDatabase, { path, migrate }: { path: string; migrate: MigrateMode }): void {
  if (migrate === "off") {
    if (found.state !== "absent") return;
    throw new StorageError({
      code: "not_found",
      message: `there is no database at ${path}`,
      option: "options.migrate",
      remedy: 'Run "aasm migrate" to create it, or open it with {option} set to "auto".',
    });
  }
  if (migrate === "check") {
    requireCurrent(statusOf(SQLITE_MIGRATIONS, found.history), locationOf(path));
    return;
  }
  planMigrations(SQLITE_MIGRATIONS, found.history);
}
