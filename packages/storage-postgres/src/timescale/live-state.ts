import type { AnySql } from "../driver/pool.js";
import { quoteIdentifier } from "../sql/identifiers.js";
import { readToastCompression, type ToastCompression } from "./conversion/toast-compression.js";

export interface LiveHypertable {
  readonly chunkMs: number;
  readonly compressed: boolean;
  /** In the spelling of the desired state; empty when compression is off. */
  readonly segmentBy: string;
  readonly orderBy: string;
}

export interface LiveAggregate {
  readonly source: string;
}

export interface LiveJob {
  readonly id: number;
  readonly kind: "compression" | "retention" | "refresh" | "reorder";
  /** The hypertable or the aggregate it works on. */
  readonly on: string;
  /** Milliseconds; which members are set depends on the kind. */
  readonly compressAfterMs: number | null;
  readonly startOffsetMs: number | null;
}

export interface LiveTable {
  /** Ordinary tables have `r`, views `v`. */
  readonly kind: string;
  readonly bytes: number;
  /** An estimate; an exact number would need a scan. */
  readonly rows: number;
}

export interface LiveState {
  readonly tables: ReadonlyMap<string, LiveTable>;
  readonly hypertables: ReadonlyMap<string, LiveHypertable>;
  readonly aggregates: ReadonlyMap<string, LiveAggregate>;
  readonly jobs: readonly LiveJob[];
  readonly toast: ToastCompression;
}

const KINDS: Readonly<Record<string, LiveJob["kind"]>> = {
  policy_compression: "compression",
  policy_retention: "retention",
  policy_refresh_continuous_aggregate: "refresh",
  policy_reorder: "reorder",
};

/** An array as PostgreSQL writes it; with what an older version made. */
const OURS = "{audit_events,metrics,metric_rollups,audit_counts}";
const BLOCK_BYTES = 8192;
/** For tables that were never analysed. */
const TYPICAL_ROW_BYTES: Readonly<Record<string, number>> = { audit_events: 600, metrics: 70 };

/** @param extension whether TimescaleDB is installed; its views can be read then */
export async function readLiveState(sql: AnySql, schema: string, extension: boolean): Promise<LiveState> {
  const tables = await sql<{ name: string; kind: string; blocks: number; rows: number }[]>`
    SELECT relname AS name, relkind::text AS kind, (pg_relation_size(oid) / ${BLOCK_BYTES}::int)::float8 AS blocks,
      CASE WHEN relpages > 0 AND reltuples >= 0
        THEN reltuples::float8 / relpages * (pg_relation_size(oid) / ${BLOCK_BYTES}::int) ELSE -1 END AS rows
    FROM pg_class
    WHERE relnamespace = to_regnamespace(${quoteIdentifier(schema)})
      AND relname = ANY (${OURS}::text[])`;
  const base = {
    toast: await readToastCompression(sql, schema),
    tables: new Map(
      tables.map(({ name, kind, blocks, rows }) => {
        const bytes = blocks * BLOCK_BYTES;
        return [
          name,
          { kind, bytes, rows: Math.round(rows < 0 ? bytes / (TYPICAL_ROW_BYTES[name] ?? 100) : rows) },
        ] as const;
      }),
    ),
  };
  if (!extension) return { ...base, hypertables: new Map(), aggregates: new Map(), jobs: [] };
  const hypertables = await sql<{ name: string; chunkMs: number; compressed: boolean }[]>`
    SELECT h.hypertable_name AS name, h.compression_enabled AS compressed,
      (extract(epoch FROM d.time_interval) * 1000)::float8 AS "chunkMs"
    FROM timescaledb_information.hypertables h
    JOIN timescaledb_information.dimensions d USING (hypertable_schema, hypertable_name)
    WHERE h.hypertable_schema = ${schema} AND d.dimension_number = 1`;
  const aggregates = await sql<{ name: string; source: string }[]>`
    SELECT view_name AS name, hypertable_name AS source
    FROM timescaledb_information.continuous_aggregates WHERE view_schema = ${schema}`;
  // Nothing here can be compressed or have a job, and searching for jobs takes as long as all the rest.
  if (hypertables.length === 0 && aggregates.length === 0) {
    return { ...base, hypertables: new Map(), aggregates: new Map(), jobs: [] };
  }
  const settings = await sql<{ name: string; partition: string | null; ordering: string | null }[]>`
    SELECT hypertable_name AS name,
      string_agg(attname, ', ' ORDER BY segmentby_column_index) FILTER (WHERE segmentby_column_index IS NOT NULL)
        AS partition,
      string_agg(attname || CASE WHEN orderby_asc THEN '' ELSE ' DESC' END, ', ' ORDER BY orderby_column_index)
        FILTER (WHERE orderby_column_index IS NOT NULL) AS ordering
    FROM timescaledb_information.compression_settings WHERE hypertable_schema = ${schema} GROUP BY 1`;
  const jobs = await readJobs(sql, schema);
  const bySetting = new Map(settings.map((row) => [row.name, row]));
  return {
    ...base,
    hypertables: new Map(
      hypertables.map(({ name, chunkMs, compressed }) => {
        const { partition, ordering } = bySetting.get(name) ?? {};
        return [name, { chunkMs, compressed, segmentBy: partition ?? "", orderBy: ordering ?? "" }] as const;
      }),
    ),
    aggregates: new Map(aggregates.map(({ name, ...rest }) => [name, rest] as const)),
    jobs,
  };
}

/** All policies on our tables and aggregates, including those of others. */
export async function readJobs(sql: AnySql, schema: string): Promise<LiveJob[]> {
  // A refresh policy names the view in some versions and the table behind it in others.
  const rows = await sql<{ id: number; proc: string; on: string; compressAfterMs: number; startOffsetMs: number }[]>`
    SELECT j.job_id AS id, j.proc_name AS proc, coalesce(a.view_name, j.hypertable_name) AS on,
      (extract(epoch FROM (j.config->>'compress_after')::interval) * 1000)::float8 AS "compressAfterMs",
      (extract(epoch FROM (j.config->>'start_offset')::interval) * 1000)::float8 AS "startOffsetMs"
    FROM timescaledb_information.jobs j
    LEFT JOIN timescaledb_information.continuous_aggregates a
      ON a.materialization_hypertable_schema = j.hypertable_schema
      AND a.materialization_hypertable_name = j.hypertable_name
    WHERE coalesce(a.view_schema, j.hypertable_schema) = ${schema}
      AND coalesce(a.view_name, j.hypertable_name) = ANY (${OURS}::text[])
      AND j.proc_name = ANY (${`{${Object.keys(KINDS).join(",")}}`}::text[])
    ORDER BY j.job_id`;
  return rows.map(({ proc, ...job }) => ({ ...job, kind: KINDS[proc] as LiveJob["kind"] }));
}
