import type { ParsedSlice } from "@agent-assembly/storage-core/backend";
import { errorCode } from "../../driver/errors.js";
import { LONGEST_MAINTENANCE_MS, maintain } from "../../driver/maintenance.js";
import type { AnySql, Pool } from "../../driver/pool.js";
import { quoteIdentifier } from "../../sql/identifiers.js";
import { refreshAggregate } from "../../timescale/conversion/fill-aggregate.js";
import { ownJobs, StateTable } from "../../timescale/state-table.js";
import { DATASET_TABLES, placeOf } from "./chunks.js";

const HOUR_MS = 3_600_000;
/** A policy must look back over two buckets beyond its end, which is an hour ago. */
const SHORTEST_WINDOW_MS = 4 * HOUR_MS;
/**
 * The error for values too long for an index. The aggregate cannot hold them, which must not prevent rows from being dropped.
 */
const NOT_FOR_AGGREGATES = ["54000"];

/** Milliseconds since the epoch. */
type DroppedFrom = Pick<ParsedSlice, "dataset" | "from" | "to">;

interface Rollup {
  readonly name: string;
  /** Id of our refresh policy; absent when we have none. */
  readonly job: number | null;
  readonly startOffsetMs: number | null;
  /** Everything before it has been aggregated once; milliseconds since the epoch. */
  readonly watermarkMs: number;
  readonly nowMs: number;
}

/**
 * Called before events of a chunk are dropped, so that their hourly counts outlive them. Aggregates rows that are not
 * aggregated yet, and limits the refresh policies to data after the chunk's end, since they would erase sums whose rows
 * are gone. Rows that arrived too late for any refresh are not in the sums.
 */
export async function keepRollups(pool: Pool, partition: DroppedFrom): Promise<void> {
  const { schema } = pool.options;
  if (partition.dataset !== "audit") return;
  const found = await pool.run(async (sql) => {
    const place = await placeOf(sql, pool, partition.dataset);
    if (place === undefined) return undefined;
    return { extension: place.extension, rollups: await readRollups(sql, schema, partition) };
  });
  if (found === undefined) return;
  const { from, to } = partition;
  for (const { name, job, startOffsetMs, watermarkMs, nowMs } of found.rollups) {
    const widest = Math.max(nowMs - to, SHORTEST_WINDOW_MS);
    const narrows = job !== null && startOffsetMs !== null && startOffsetMs > widest;
    // Only ranges that the policy would refresh anyway or that were never refreshed; elsewhere rows may be gone.
    const windowStart = startOffsetMs === null ? Number.POSITIVE_INFINITY : nowMs - startOffsetMs;
    const start = Math.max(from, Math.min(watermarkMs, windowStart));
    // Up to now when the policy will look back less, since it would skip the range in between.
    try {
      await refresh(pool, found.extension, name, start, narrows ? Math.max(to, nowMs - HOUR_MS) : to);
    } catch (error) {
      if (!NOT_FOR_AGGREGATES.includes(errorCode(error) ?? "")) throw error;
    }
    if (narrows) await narrow(pool, widest);
  }
}

async function readRollups(sql: AnySql, schema: string, partition: DroppedFrom): Promise<Rollup[]> {
  // Planning the query below takes longer than dropping a small chunk, and the Apache edition has no aggregates at all.
  const [views] = await sql`
    SELECT to_regclass(${`${quoteIdentifier(schema)}.audit_counts`}) IS NOT NULL AS exist`;
  if (views?.exist !== true) return [];
  const own = ownJobs(await new StateTable(schema).read(sql));
  return sql<Rollup[]>`
    SELECT a.view_name AS name, j.job_id AS job,
      (extract(epoch FROM (j.config->>'start_offset')::interval) * 1000)::float8 AS "startOffsetMs",
      (extract(epoch FROM _timescaledb_functions.to_timestamp(_timescaledb_functions.cagg_watermark(h.id))) * 1000)::float8
        AS "watermarkMs",
      (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS "nowMs"
    FROM timescaledb_information.continuous_aggregates a
    JOIN _timescaledb_catalog.hypertable h
      ON h.schema_name = a.materialization_hypertable_schema AND h.table_name = a.materialization_hypertable_name
    LEFT JOIN timescaledb_information.jobs j ON j.proc_name = 'policy_refresh_continuous_aggregate'
      AND (j.config->>'mat_hypertable_id')::int = h.id AND j.job_id = ANY (${`{${[...own].join(",")}}`}::int[])
    WHERE a.view_schema = ${schema} AND a.hypertable_name = ${DATASET_TABLES[partition.dataset]}
      AND a.view_name = 'audit_counts'`;
}

async function refresh(pool: Pool, extension: string, name: string, from: number, to: number): Promise<void> {
  // Only whole hours are refreshed; the policy refreshes the hour that reaches beyond the chunk.
  const [start, end] = [Math.floor(from / HOUR_MS) * HOUR_MS, Math.ceil(to / HOUR_MS) * HOUR_MS];
  if (end <= start) return;
  const { schema, prepare } = pool.options;
  await pool.run(async (sql) => {
    const connection = await sql.reserve();
    try {
      // A procedure that commits cannot run in a transaction, so the limit is the session's.
      if (prepare) await connection.unsafe(`SET statement_timeout = ${LONGEST_MAINTENANCE_MS}`);
      await refreshAggregate(connection, extension, `${quoteIdentifier(schema)}.${name}`, start, end);
    } finally {
      if (prepare) await connection.unsafe("RESET statement_timeout");
      connection.release();
    }
  }, LONGEST_MAINTENANCE_MS);
}

/** Only the owner of a job may alter it, so a function does it. */
async function narrow(pool: Pool, windowMs: number): Promise<void> {
  const { schema } = pool.options;
  await maintain(pool, (sql) =>
    sql.unsafe(`SELECT ${quoteIdentifier(schema)}.narrow_refresh_window($1::bigint)`, [
      String(Math.floor(windowMs / 1000)),
    ]),
  );
}
