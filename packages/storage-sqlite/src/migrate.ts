import {
  type MigrationStatus,
  planMigrations,
  runMigrations,
  type SchemaDrift,
  statusOf,
  verifySchema,
} from "@agent-assembly/migrations";
import type { MigrateOptions, MigrationReport } from "@agent-assembly/storage-core";
import { type BackendSchema, withContext } from "@agent-assembly/storage-core/backend";
import { openForMigration } from "./connections.js";
import { classifySqliteError, locationOf } from "./driver/errors.js";
import { foreignDatabase, isForeign, readIdentity } from "./file/ownership.js";
import { parseSqliteOptions, resolveDatabasePath, type SqliteStorageOptions } from "./options.js";
import { inspectDatabase, readingDatabase } from "./schema/inspect.js";
import { readLiveSchema } from "./schema/live-schema.js";
import { SCHEMA_MANIFEST } from "./schema/manifest.gen.js";
import { SqliteMigrationDriver } from "./schema/migration-driver.js";
import { SQLITE_MIGRATIONS, TOOL_VERSION } from "./schema/migrations.js";

const DEFAULT_BUSY_TIMEOUT_MS = 30_000;

/** Options of {@link migrateSqlite}. */
export interface MigrateSqliteOptions extends MigrateOptions {
  /** How long to wait for other processes, milliseconds; default 30,000. */
  readonly busyTimeoutMs?: number | undefined;
}

/**
 * Brings the database at `path` up to date over a connection of its own, creating it when it is missing. A dry run
 * changes nothing, not even that.
 * @throws what opening a storage with `migrate: "auto"` throws
 */
export async function migrateSqlite(path: string, options: MigrateSqliteOptions = {}): Promise<MigrationReport> {
  const { dryRun = false, busyTimeoutMs = DEFAULT_BUSY_TIMEOUT_MS } = options;
  const file = resolveDatabasePath(path);
  const found = await inspectDatabase(file, busyTimeoutMs, dryRun ? "read" : "write");
  try {
    const plan = planMigrations(SQLITE_MIGRATIONS, found.history);
    if (dryRun || plan.pending.length === 0) {
      const steps = plan.pending.map(({ version, name }) => ({ version, name, durationMs: 0 }));
      return { from: plan.from, to: plan.to, steps };
    }
    const opened = await openForMigration(file, busyTimeoutMs, found);
    try {
      const driver = new SqliteMigrationDriver(opened.db, { path: file, busyTimeoutMs });
      return await runMigrations(driver, SQLITE_MIGRATIONS, { toolVersion: TOOL_VERSION });
    } finally {
      await opened.close();
    }
  } catch (error) {
    const context = { operation: "migrate", backend: "sqlite", location: locationOf(file) };
    throw withContext(error, context, (thrown) => classifySqliteError(thrown, file));
  }
}

/** Where the database at `path` stands; a missing one is at version 0. Changes nothing. */
export async function sqliteMigrationStatus(
  path: string,
  busyTimeoutMs: number = DEFAULT_BUSY_TIMEOUT_MS,
): Promise<MigrationStatus> {
  const { history } = await inspectDatabase(resolveDatabasePath(path), busyTimeoutMs, "read");
  return statusOf(SQLITE_MIGRATIONS, history);
}

/**
 * Compares the live schema at `path` with what the migrations make; a missing database lacks everything.
 * Changes nothing.
 */
export async function verifySqliteSchema(
  path: string,
  busyTimeoutMs: number = DEFAULT_BUSY_TIMEOUT_MS,
): Promise<SchemaDrift[]> {
  const file = resolveDatabasePath(path);
  const nothing = { tables: {}, indexes: {}, views: {} };
  try {
    const live = await readingDatabase(
      file,
      { busyTimeoutMs, use: "read" },
      (toRead) => {
        const db = toRead.open();
        try {
          if (isForeign(readIdentity(db))) throw foreignDatabase(file);
          return readLiveSchema(db);
        } finally {
          db.close();
        }
      },
      { absent: nothing, empty: nothing },
    );
    return verifySchema(live, SCHEMA_MANIFEST);
  } catch (error) {
    throw classifySqliteError(error, file);
  }
}

/** Most commands that migrate have no use for it. */
const counts = () => import("./folding/admin.js");

/** `backendModule.schema`, loaded when it is first used. */
export const SQLITE_SCHEMA: Required<BackendSchema<SqliteStorageOptions>> = {
  async migrate(options, { dryRun } = {}) {
    const { path, busyTimeoutMs } = parseSqliteOptions(options);
    return migrateSqlite(path, { dryRun, busyTimeoutMs });
  },
  async status(options) {
    const { path, busyTimeoutMs } = parseSqliteOptions(options);
    return sqliteMigrationStatus(path, busyTimeoutMs);
  },
  async verify(options) {
    const { path, busyTimeoutMs } = parseSqliteOptions(options);
    return verifySqliteSchema(path, busyTimeoutMs);
  },
  verifyCounts: async (options) => (await counts()).verifySqliteCounts(parseSqliteOptions(options)),
  rebuildCounts: async (options) => (await counts()).rebuildSqliteCounts(parseSqliteOptions(options)),
};
