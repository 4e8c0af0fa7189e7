import {
  type MigrationStatus,
  planMigrations,
  requireCurrent,
  runMigrations,
  type SchemaDrift,
  statusOf,
  verifySchema,
} from "@agent-assembly/migrations";
import { isStorageError, type MigrateOptions, type MigrationReport, StorageError } from "@agent-assembly/storage-core";
import { errorInit, withContext } from "@agent-assembly/storage-core/backend";
import { locationOf } from "./connection/target.js";
import { recount } from "./counts/rebuild.js";
import { wrongCounts } from "./counts/verify.js";
import { connect, type Sql } from "./driver/client/connect.js";
import { checkSession } from "./driver/client/session-check.js";
import { classifyPostgresError, errorCode, INSUFFICIENT_PRIVILEGE } from "./driver/errors.js";
import { type PostgresConnectionOptions, parseConnectionOptions, type ResolvedConnectionOptions } from "./options.js";
import { readLiveSchema } from "./schema/live-schema.js";
import { SCHEMA_MANIFEST } from "./schema/manifest.gen.js";
import { PostgresMigrationDriver, readHistory } from "./schema/migration-driver.js";
import { POSTGRES_MIGRATIONS, TOOL_VERSION } from "./schema/migrations.js";
import { ORIGIN_STEP, originDrift, originError, originProblem, refreshOrigin } from "./schema/origin.js";
import { missingRight } from "./schema/rights.js";
import { applyTimescale, planTimescale } from "./timescale/reconcile.js";

/** One holds the lock, one runs the steps, one is spare for reading. */
const CONNECTIONS = 3;
/** How long to wait for another process that migrates. */
const WAIT_MS = 600_000;
/** For connections to end by themselves. */
const END_SECONDS = 5;

/**
 * Brings the schema up to date over connections of its own, creating it when it is missing: first the numbered migrations,
 * then what TimescaleDB is to do. Any number of processes may do so at once. A dry run changes nothing.
 * @throws `unsupported` when TimescaleDB is required and cannot be had, before anything is changed; `migration_failed`, `schema_newer`, `busy`, `permission_denied`, `unavailable`, `timeout`
 */
export async function migratePostgres(
  options: PostgresConnectionOptions,
  { dryRun = false }: MigrateOptions = {},
): Promise<MigrationReport> {
  const resolved = parseConnectionOptions(options);
  return withConnection(resolved, async (sql) => {
    const driver = new PostgresMigrationDriver(sql, { schema: resolved.schema, lockTimeoutMs: WAIT_MS });
    const history = await driver.readHistory();
    const { from, pending } = planMigrations(POSTGRES_MIGRATIONS, history);
    // First of all, since without a right it would end in the middle.
    if (pending.length > 0) await requireRights(sql, resolved.schema);
    const plan = await planTimescale(sql, resolved, { tablesPending: from === 0 });
    if (plan.steps.length > 0) await requireRights(sql, resolved.schema);
    const report = await runMigrations(driver, POSTGRES_MIGRATIONS, { toolVersion: TOOL_VERSION, dryRun });
    const version = dryRun ? POSTGRES_MIGRATIONS.length : report.to;
    const asStep = (description: string, durationMs: number) => ({ version, name: description, durationMs });
    const restored = await originProblem(sql, { ...resolved, rows: "all" });
    if (dryRun) {
      const planned = [
        ...(restored === undefined ? [] : [ORIGIN_STEP]),
        ...plan.steps.map(({ description }) => description),
      ];
      const steps = planned.map((description) => asStep(description, 0));
      return { ...report, steps: [...report.steps, ...steps], ...withNotes(plan.notes) };
    }
    const done =
      restored === undefined
        ? []
        : [asStep(ORIGIN_STEP, await driver.lock(() => timed(() => refreshOrigin(sql, resolved.schema))))];
    if (plan.steps.length === 0) return { ...report, steps: [...report.steps, ...done], ...withNotes(plan.notes) };
    const { applied, notes } = await driver.lock(() => applyTimescale(sql, resolved));
    const steps = applied.map(({ description, durationMs }) => asStep(description, durationMs));
    return { ...report, steps: [...report.steps, ...done, ...steps], ...withNotes(notes) };
  });
}

/** @throws `permission_denied` naming the right, also where a dry run would need none */
async function requireRights(sql: Sql, schema: string): Promise<void> {
  const missing = await missingRight(sql, schema, "migrate");
  if (missing !== undefined) throw missing;
}

/** @returns the duration in whole milliseconds */
async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return Math.round(performance.now() - start);
}

function withNotes(notes: readonly string[]): Pick<MigrationReport, "notes"> {
  return notes.length === 0 ? {} : { notes };
}

/**
 * Where the schema stands; a missing one is at version 0. Changes nothing. What TimescaleDB is still to do is among
 * `pending`, at the version of the code.
 * @throws `unsupported` when TimescaleDB is required and cannot be had
 */
export async function postgresMigrationStatus(options: PostgresConnectionOptions): Promise<MigrationStatus> {
  const resolved = parseConnectionOptions(options);
  return withConnection(resolved, async (sql) => {
    const status = await schemaStatus(sql, resolved.schema);
    if (status.state === "refused") return status;
    const { steps } = await planTimescale(sql, resolved, { tablesPending: status.version === 0 });
    const restored = await originProblem(sql, { ...resolved, rows: "all" });
    const further = [...(restored === undefined ? [] : [{ description: ORIGIN_STEP, transactional: true }]), ...steps];
    if (further.length === 0) return status;
    const pending = further.map(({ description, transactional }) => ({
      version: status.latest,
      name: description,
      breaking: false,
      transactional,
    }));
    return { ...status, state: "outdated", pending: [...status.pending, ...pending] };
  });
}

/** Compares the live schema with what the migrations make; a missing one lacks everything. Changes nothing. */
export async function verifyPostgresSchema(options: PostgresConnectionOptions): Promise<SchemaDrift[]> {
  const resolved = parseConnectionOptions(options);
  return withConnection(resolved, async (sql) => {
    const [schema] = await sql`SELECT 1 FROM pg_namespace WHERE nspname = ${resolved.schema}`;
    const live =
      schema === undefined ? { tables: {}, indexes: {}, views: {} } : await readLiveSchema(sql, resolved.schema);
    const drift = verifySchema(live, SCHEMA_MANIFEST);
    const restored = await originProblem(sql, { ...resolved, rows: "all" });
    return restored === undefined ? drift : [...drift, originDrift(restored)];
  });
}

/**
 * Compares the counts of events with the events, which reads the whole log.
 * @returns what differs, for people
 */
export async function verifyPostgresCounts(options: PostgresConnectionOptions): Promise<readonly string[]> {
  const resolved = parseConnectionOptions(options);
  return withConnection(resolved, (sql) => wrongCounts(sql, resolved.schema));
}

/** Counts the events anew; answers stay exact meanwhile. */
export async function rebuildPostgresCounts(options: PostgresConnectionOptions): Promise<void> {
  const resolved = parseConnectionOptions(options);
  await withConnection(resolved, (sql) => recount(sql, resolved.schema));
}

/**
 * What opening with `migrate: "check"` asks for. Where TimescaleDB is missing as well, one error says both.
 * @throws `schema_outdated`, `schema_newer`, `migration_failed`; `unsupported` when TimescaleDB is required and cannot be had
 */
export async function requireSchema(sql: Sql, options: ResolvedConnectionOptions): Promise<void> {
  const location = locationOf(options.target);
  const status = await schemaStatus(sql, options.schema);
  try {
    requireCurrent(status, location);
  } catch (error) {
    throw status.state === "outdated" ? await withMissingExtension(error, sql, options, status) : error;
  }
  const restored = await originProblem(sql, options);
  if (restored !== undefined) throw originError(restored);
  if (options.timescaledb !== "require") return;
  const { steps } = await planTimescale(sql, options);
  if (steps.length === 0) return;
  throw new StorageError({
    code: "schema_outdated",
    location,
    message: "TimescaleDB is not set up as the options require",
    remedy: `Run "aasm migrate" to ${steps.map(({ description }) => description).join("; ")}.`,
  });
}

/** Migrating would end in the second refusal, after whatever it took to heed the first. */
async function withMissingExtension(
  outdated: unknown,
  sql: Sql,
  options: ResolvedConnectionOptions,
  { version }: MigrationStatus,
): Promise<unknown> {
  if (options.timescaledb !== "require" || !isStorageError(outdated)) return outdated;
  try {
    await planTimescale(sql, options, { tablesPending: version === 0 });
    return outdated;
  } catch (error) {
    if (!isStorageError(error) || error.code !== "unsupported") return error;
    const [first, second] = [errorInit(outdated), errorInit(error)];
    return new StorageError({
      ...first,
      option: error.option,
      message: `${first.message}; and ${second.message}`,
      remedy: `${second.remedy} Then ${first.remedy?.replace(/^Run/, "run")}`,
    });
  }
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
    await checkSession(sql, options);
    const result = await work(sql);
    await sql.end({ timeout: END_SECONDS });
    return result;
  } catch (thrown) {
    const denied = errorCode(thrown) === INSUFFICIENT_PRIVILEGE;
    const error = (denied ? await missingRight(sql, options.schema, "read") : undefined) ?? thrown;
    // At once: of a connection that was lost in the middle of a statement the driver would wait for the answer.
    await sql.end({ timeout: 0 });
    const location = locationOf(options.target);
    throw withContext(error, { operation: "migrate", backend: "postgres", location }, classifyPostgresError);
  }
}
