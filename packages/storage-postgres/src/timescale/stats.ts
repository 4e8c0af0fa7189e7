import { countText } from "@agent-assembly/storage-core/backend";
import type { AnySql } from "../driver/pool.js";
import { foreignPolicies } from "./foreign-policies.js";
import { readJobs } from "./live-state.js";
import { ownJobs, StateTable } from "./state-table.js";

export interface TimescaleStats {
  readonly chunks: number;
  readonly compressedChunks: number;
  /** Compression ratio (bytes before / bytes after) of the compressed chunks; absent while there are none. */
  readonly compressionRatio?: number;
  /** Start of the oldest chunk of audit events. */
  readonly oldestChunk?: Date;
  /** Jobs on our tables whose last run failed, as readable text: what they do and how often they failed. */
  readonly failedJobs: readonly string[];
  /** Policies on our tables that we did not create. */
  readonly foreignPolicies: readonly string[];
}

interface ChunkRow {
  readonly chunks: number;
  readonly compressed: number;
  readonly oldest: number | null;
}

/** Our hypertables with their jobs and aggregates, from the catalog. No table is read. */
export async function timescaleStats(sql: AnySql, schema: string): Promise<TimescaleStats> {
  const [counted] = await sql<ChunkRow[]>`
    SELECT count(*)::int AS chunks, (count(*) FILTER (WHERE is_compressed))::int AS compressed,
      (extract(epoch FROM min(range_start) FILTER (WHERE hypertable_name = 'audit_events')) * 1000)::float8 AS oldest
    FROM timescaledb_information.chunks
    WHERE hypertable_schema = ${schema} AND hypertable_name IN ('audit_events', 'metrics')`;
  const { chunks = 0, compressed = 0, oldest = null } = counted ?? {};
  const ratio = compressed === 0 ? undefined : await compressionRatio(sql, schema);
  const failed = await sql<{ id: number; what: string; failures: number }[]>`
    SELECT s.job_id AS id, j.application_name || ' of ' || s.hypertable_name AS what, s.total_failures::int AS failures
    FROM timescaledb_information.job_stats s JOIN timescaledb_information.jobs j ON j.job_id = s.job_id
    LEFT JOIN timescaledb_information.continuous_aggregates a
      ON a.materialization_hypertable_name = s.hypertable_name
      AND a.materialization_hypertable_schema = s.hypertable_schema
    WHERE coalesce(a.view_schema, s.hypertable_schema) = ${schema} AND s.last_run_status = 'Failed' ORDER BY 1`;
  const own = ownJobs(await new StateTable(schema).read(sql));
  return {
    chunks,
    compressedChunks: compressed,
    ...(ratio === undefined ? {} : { compressionRatio: ratio }),
    ...(oldest === null ? {} : { oldestChunk: new Date(oldest) }),
    failedJobs: failed.map(
      ({ what, failures }) => `${what} failed ${countText(failures, "time")}, see the server's log`,
    ),
    foreignPolicies: foreignPolicies(await readJobs(sql, schema), own),
  };
}

/** Sizes recorded when the chunks were compressed. */
async function compressionRatio(sql: AnySql, schema: string): Promise<number | undefined> {
  const [row] = await sql<{ ratio: number | null }[]>`
    SELECT (sum(s.uncompressed_heap_size + s.uncompressed_toast_size + s.uncompressed_index_size)
      / nullif(sum(s.compressed_heap_size + s.compressed_toast_size + s.compressed_index_size), 0))::float8 AS ratio
    FROM _timescaledb_catalog.compression_chunk_size s
    JOIN _timescaledb_catalog.chunk c ON c.id = s.chunk_id
    JOIN _timescaledb_catalog.hypertable h ON h.id = c.hypertable_id
    WHERE h.schema_name = ${schema} AND h.table_name IN ('audit_events', 'metrics')`;
  return row?.ratio ?? undefined;
}
