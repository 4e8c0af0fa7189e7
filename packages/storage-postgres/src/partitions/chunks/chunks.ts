import type { Dataset } from "@agent-assembly/storage-core";
import { MIN_TIME_MS } from "@agent-assembly/storage-core/backend";
import type { AnySql, Pool } from "../../driver/pool.js";
import { quoteIdentifier, quoteLiteral } from "../../sql/identifiers.js";
import { toTimestamp } from "../../sql/timestamps.js";
import type { HypertableName } from "../../timescale/desired-state.js";

export const DATASET_TABLES: Readonly<Record<Dataset, HypertableName>> = {
  audit: "audit_events",
  metrics: "metrics",
};

export interface Chunk {
  /** As SQL takes it. */
  readonly table: string;
  readonly name: string;
  /** Milliseconds since the epoch, inclusive. */
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  readonly compressed: boolean;
  readonly bytes: number;
}

/** A hypertable, and where TimescaleDB's functions are. */
export interface Place {
  readonly schema: string;
  readonly extension: string;
  readonly table: HypertableName;
  /** Whether chunks of it can be compressed; where they cannot, none of them is. */
  readonly compressible: boolean;
  /** Whether statements may be prepared. */
  readonly prepare: boolean;
}

/** Looked up anew each time. @returns `undefined` where TimescaleDB is not installed or the dataset is not in chunks */
export async function placeOf(sql: AnySql, pool: Pool, dataset: Dataset): Promise<Place | undefined> {
  const { schema, prepare } = pool.options;
  const table = DATASET_TABLES[dataset];
  const [extension] = await sql<{ schema: string }[]>`
    SELECT n.nspname AS schema FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
    WHERE e.extname = 'timescaledb'`;
  if (extension === undefined) return undefined;
  const [found] = await sql<{ compressible: boolean }[]>`
    SELECT compression_enabled AS compressible FROM timescaledb_information.hypertables
    WHERE hypertable_schema = ${schema} AND hypertable_name = ${table}`;
  if (found === undefined) return undefined;
  return { schema, extension: extension.schema, table, compressible: found.compressible, prepare };
}

/** Milliseconds since the epoch. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * Oldest first, the empty ones too.
 * @param only the chunk that is a partition of this range
 */
export async function readChunks(sql: AnySql, place: Place, only?: Range): Promise<Chunk[]> {
  const table = "to_regclass(format('%I.%I', c.chunk_schema, c.chunk_name))";
  const found = await selectChunks(sql, place, { total: `pg_total_relation_size(${table})`, join: "" }, only);
  if (!found.some(({ compressed }) => compressed)) return found;
  // What compressed rows take only TimescaleDB can tell, which measures all chunks of the table to do so.
  const hypertable = quoteLiteral(`${quoteIdentifier(place.schema)}.${place.table}`);
  const join = `LEFT JOIN ${quoteIdentifier(place.extension)}.chunks_detailed_size(${hypertable}) s
    ON s.chunk_schema = c.chunk_schema AND s.chunk_name = c.chunk_name`;
  return selectChunks(sql, place, { total: "s.total_bytes", join }, only);
}

/** @param size the bytes of the chunk `c` with its indexes, as an expression, and what is joined for it */
async function selectChunks(
  sql: AnySql,
  { schema, table, prepare }: Place,
  size: { readonly total: string; readonly join: string },
  only?: Range,
): Promise<Chunk[]> {
  const ofRange = only === undefined ? "" : "AND c.range_end = $1::timestamptz";
  // Planning it takes longer than answering it. Without parameters one plan serves from the first time on; the driver prepares
  // nothing that has none unless told.
  const found = await sql.unsafe<Chunk[]>(
    `SELECT format('%I.%I', c.chunk_schema, c.chunk_name) AS table, c.chunk_name AS name, c.is_compressed AS compressed,
       (extract(epoch FROM c.range_start) * 1000)::float8 AS from, (extract(epoch FROM c.range_end) * 1000)::float8 AS to,
       -- Without the maps that vacuum makes, so that the size of an unchanged chunk stays the same.
       (coalesce(${size.total}, 0) - (
         SELECT coalesce(sum(pg_relation_size(r.oid, 'vm') + pg_relation_size(r.oid, 'fsm')), 0) FROM pg_class p
         JOIN pg_class r ON r.oid IN (p.oid, p.reltoastrelid)
         WHERE p.oid = to_regclass(format('%I.%I', c.chunk_schema, c.chunk_name))))::float8 AS bytes
     FROM timescaledb_information.chunks c ${size.join}
     WHERE c.hypertable_schema = ${quoteLiteral(schema)} AND c.hypertable_name = ${quoteLiteral(table)} ${ofRange}
     ORDER BY c.range_start`,
    only === undefined ? [] : [toTimestamp(only.to)],
    { prepare, simple: false } as object,
  );
  return only === undefined ? found : found.filter((chunk) => partitionStart(chunk) === only.from);
}

/** The first chunk of all may begin before the first year, which no date of ours does. */
export function partitionStart({ from }: Pick<Chunk, "from">): number {
  return Math.max(from, MIN_TIME_MS);
}

/** Exact: reads the chunk, or what is needed of a compressed one. */
export async function countChunk(sql: AnySql, { table }: Chunk): Promise<number> {
  const [row] = await sql.unsafe<{ rows: number }[]>(`SELECT count(*)::float8 AS rows FROM ${table}`);
  return row?.rows ?? 0;
}
