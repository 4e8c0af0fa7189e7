import {
  type MigrationStatus,
  requireCurrent,
  runMigrations,
  type SchemaDrift,
  statusOf,
  verifySchema,
} from "@agent-assembly/migrations";
import type { MigrateOptions, MigrationReport } from "@agent-assembly/storage-core";
import { placeOf } from "./database-url.js";
import { classifyPostgresError } from "./errors.js";
import { readLiveSchema } from "./live-schema.js";
import { POSTGRES_MIGRATIONS, TOOL_VERSION } from "./migrations.js";
import { PostgresMigrationDriver, readHistory } from "./migrator.js";
import { type PostgresConnectionOptions, type ResolvedConnectionOptions, resolveConnectionOptions } from "./options.js";
import { connect, type Sql } from "./pool.js";
import { SCHEMA_MANIFEST } from "./schema.gen.js";

export interface MigratePostgresOptions extends MigrateOptions {
  /** How long to wait for another process that migrates, milliseconds; default 10 minutes. */
  readonly waitMs?: number | undefined;
}

/** One holds the lock, one runs the steps, one is spare for reading. */
const CONNECTIONS = 3;
const DEFAULT_WAIT_MS = 600_000;

/**
 * Brings the schema up to date over connections of its own, creating it when it is missing. Any number of processes may
 * do so at once. A dry run changes nothing.
 * @throws `migration_failed`, `schema_newer`, `busy`, `permission_denied`, `unavailable`, `timeout`
 */
export async function migratePostgres(
  options: PostgresConnectionOptions,
  { dryRun = false, waitMs = DEFAULT_WAIT_MS }: MigratePostgresOptions = {},
): Promise<MigrationReport> {
  const resolved = resolveConnectionOptions(options);
  return withConnection(resolved, async (sql) => {
    const driver = new PostgresMigrationDriver(sql, { schema: resolved.schema, lockTimeoutMs: waitMs });
    return runMigrations(driver, POSTGRES_MIGRATIONS, { toolVersion: TOOL_VERSION, dryRun });
  });
}

/** Where the schema stands; a missing one is at version 0. Changes nothing. */
export async function postgresMigrationStatus(options: PostgresConnectionOptions): Promise<MigrationStatus> {
  const resolved = resolveConnectionOptions(options);
  return withConnection(resolved, (sql) => schemaStatus(sql, resolved.schema));
}

/** Compares the live schema with what the migrations make; a missing one lacks everything. Changes nothing. */
export async function verifyPostgresSchema(options: PostgresConnectionOptions): Promise<SchemaDrift[]> {
  const resolved = resolveConnectionOptions(options);
  return withConnection(resolved, async (sql) => {
    const [schema] = await sql`SELECT 1 FROM pg_namespace WHERE nspname = ${resolved.schema}`;
    const live =
      schema === undefined ? { tables: {}, indexes: {}, views: {} } : await readLiveSchema(sql, resolved.schema);
    return verifySchema(live, SCHEMA_MANIFEST);
  });
}

/** What opening with `migrate: "check"` asks for. @throws `schema_outdated`, `schema_newer`, `migration_failed` */
export async function requireSchema(sql: Sql, options: ResolvedConnectionOptions): Promise<void> {
  requireCurrent(await schemaStatus(sql, options.schema), {
    database: placeOf(options.url),
    remedy: 'run "aasm migrate"',
  });
}

async function schemaStatus(sql: Sql, schema: string): Promise<MigrationStatus> {
  return statusOf(POSTGRES_MIGRATIONS, await readHistory(sql, schema));
}

async function withConnection<T>(options: ResolvedConnectionOptions, work: (sql: Sql) => Promise<T>): Promise<T> {
  // Migrations may take longer than any statement of the application.
  const sql = connect({
    ...options,
    statementTimeoutMs: 0,
    maxConnections: CONNECTIONS,
    applicationName: "aasm migrate",
  });
  try {
    return await work(sql);
  } catch (error) {
    throw classifyPostgresError(error);
  } finally {
    await sql.end({ timeout: 5 });
  }
}
