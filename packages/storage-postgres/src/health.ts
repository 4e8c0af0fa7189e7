import { statusOf } from "@agent-assembly/migrations";
import type { StorageHealth } from "@agent-assembly/storage-core";
import { nameOfServer } from "./connection/target.js";
import { currentServer } from "./driver/client/connect.js";
import { sessionNotes } from "./driver/client/session-check.js";
import { classifyPostgresError } from "./driver/errors.js";
import type { Pool, Sql } from "./driver/pool.js";
import type { ResolvedPostgresOptions } from "./options.js";
import type { Reads } from "./replica/reads.js";
import { replicaHealth } from "./replica/replica-health.js";
import { readHistory } from "./schema/migration-driver.js";
import { POSTGRES_MIGRATIONS } from "./schema/migrations.js";
import { originProblem, originWarning } from "./schema/origin.js";
import { quoteIdentifier } from "./sql/identifiers.js";
import type { TimescaleProfile } from "./timescale/profile.js";
import { type TimescaleStats, timescaleStats } from "./timescale/stats.js";

/** A probe that takes longer than this says that something is wrong, whatever the statement timeout is. */
const PROBE_TIMEOUT_MS = 5000;

type Details = Record<string, string | number | boolean>;

/**
 * How the server and the store on it are, in constant time: catalog entries and estimates, whatever the number of rows.
 * Problems are reported, not thrown.
 * @param parts `background`: problems of this process's work in the background
 * @throws `closed`
 */
export async function postgresHealth(
  pool: Pool,
  options: ResolvedPostgresOptions,
  profile: TimescaleProfile,
  { reads, background }: { readonly reads: Reads; readonly background: readonly string[] },
): Promise<StorageHealth> {
  const start = performance.now();
  try {
    const serverVersion = await pool.run(serverVersionOf, PROBE_TIMEOUT_MS);
    const latencyMs = performance.now() - start;
    const found = await pool.run((sql) => look(sql, options, profile), PROBE_TIMEOUT_MS);
    const replica = await replicaHealth(reads);
    const { schemaVersion } = found;
    const problems = [...found.problems, ...background, ...replica.problems];
    const notes = [...found.notes, ...replica.notes];
    return {
      status: problems.length === 0 ? "ok" : "degraded",
      backend: "postgres",
      latencyMs,
      schemaVersion,
      serverVersion,
      problems,
      ...(notes.length > 0 && { notes }),
      details: { ...placeOf(pool), ...found.details, ...replica.details },
    };
  } catch (error) {
    const problem = classifyPostgresError(error);
    if (problem.code === "closed") throw problem;
    return {
      status: "down",
      backend: "postgres",
      latencyMs: performance.now() - start,
      problems: [problem.message],
      details: placeOf(pool),
    };
  }
}

/** Of several servers also the one that connections go to. */
function placeOf({ options }: Pool): Details {
  const { target, schema } = options;
  const server = target.servers.length > 1 ? { server: nameOfServer(currentServer(options)) } : {};
  return { place: target.place, ...server, schema };
}

async function serverVersionOf(sql: Sql): Promise<string> {
  const [row] = await sql<{ version: string }[]>`SELECT current_setting('server_version') AS version`;
  return row?.version ?? "";
}

async function look(
  sql: Sql,
  options: ResolvedPostgresOptions,
  profile: TimescaleProfile,
): Promise<{ schemaVersion: number; problems: string[]; notes: string[]; details: Details }> {
  const status = statusOf(POSTGRES_MIGRATIONS, await readHistory(sql, options.schema));
  const problems: string[] = [];
  if (status.problem !== undefined) problems.push(status.problem.message);
  else if (status.state === "outdated") {
    problems.push(`schema version ${status.version} of ${status.latest}; run "aasm migrate"`);
  }
  const details: Details = { timescaledb: profile.edition };
  if (profile.version !== undefined) details.timescaledbVersion = profile.version;
  if (profile.reason !== undefined && options.timescaledb !== "off") details.timescaledbLacks = profile.reason;
  const notes = [...notesOf(options, profile), ...(await sessionNotes(sql, options))];
  if (status.version > 0) {
    const { isStandby, ...sizes } = await lookAtTables(sql, options.schema);
    Object.assign(details, sizes);
    if (isStandby) notes.push(STANDBY);
    const restored = await originProblem(sql, { schema: options.schema, rows: "none" });
    if (restored !== undefined) problems.push(originWarning(restored));
  }
  if (profile.edition !== "none") addStats(await timescaleStats(sql, options.schema), details, problems);
  return { schemaVersion: status.version, problems, notes, details };
}

const STANDBY =
  "a standby, which is read-only: tails and partition measurements leave out what was committed after the oldest transaction that still writes began, until it ends";

/** What a store does without because its options allow it. */
function notesOf({ timescaledb }: ResolvedPostgresOptions, { edition, reason }: TimescaleProfile): string[] {
  if (timescaledb === "require" || edition === "community") return [];
  const without = edition === "none" ? "partitions and compression" : "compression";
  return [`runs without ${without}, as the option timescaledb (${timescaledb}) allows: ${reason}`];
}

/** Estimates of the planner, which a plain table's statistics hold; on TimescaleDB its chunks' do. */
async function lookAtTables(sql: Sql, schema: string): Promise<Details & { isStandby: boolean }> {
  const table = `${quoteIdentifier(schema)}.audit_events`;
  const [row] = await sql<{ events: string | null; bytes: string; standby: boolean }[]>`
    SELECT CASE WHEN relkind = 'r' AND NOT relhassubclass AND reltuples >= 0 THEN reltuples::bigint END AS events,
      pg_database_size(current_database()) AS bytes, pg_is_in_recovery() AS standby
    FROM pg_class WHERE oid = to_regclass(${table})`;
  return {
    databaseBytes: Number(row?.bytes ?? 0),
    isStandby: row?.standby === true,
    ...(row?.events != null && { approximateEvents: Number(row.events) }),
  };
}

function addStats(stats: TimescaleStats, details: Details, problems: string[]): void {
  for (const [name, value] of Object.entries(stats)) {
    if (value !== undefined && value !== null && !Array.isArray(value)) {
      details[name] = value instanceof Date ? value.toISOString() : (value as string | number | boolean);
    }
  }
  for (const job of stats.failedJobs) problems.push(`a TimescaleDB job failed: ${job}`);
  problems.push(...stats.foreignPolicies);
}
