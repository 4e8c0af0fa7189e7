import { type Segment, StorageError, type TierDataset, tierErrors } from "@agent-assembly/storage-core";
import { quoteIdentifier, quoteLiteral } from "./identifiers.js";
import { maintain } from "./maintenance.js";
import { addToTotals } from "./metric-totals.js";
import type { AnySql, Pool } from "./pool.js";
import { type Chunk, countChunk, DATASET_TABLES, extensionOf, readChunks, segmentStart } from "./timescale/chunks.js";
import { keepRollups } from "./timescale/keep-rollups.js";
import { useLz4 } from "./timescale/toast-compression.js";

/** The chunks that hold rows, oldest first; `undefined` where the table is no hypertable. */
export async function listChunks(pool: Pool, dataset: TierDataset): Promise<Segment[] | undefined> {
  const found = await pool.run(async (sql) => {
    const place = await placeOf(sql, pool, dataset);
    return place === undefined ? undefined : readChunks(sql, place);
  });
  if (found === undefined) return undefined;
  const segments: Segment[] = [];
  for (const chunk of found) {
    const segment = await segmentOf(pool, dataset, chunk);
    if (segment !== undefined && segment.rows > 0) segments.push(segment);
  }
  return segments;
}

/** Whether a dataset is kept in chunks. */
export async function inChunks(pool: Pool, dataset: TierDataset): Promise<boolean> {
  return pool.run(async (sql) => (await placeOf(sql, pool, dataset)) !== undefined);
}

/**
 * Compressing again takes in rows that came later.
 * @throws `not_found` when there is no such chunk; `unsupported` when the table is no hypertable
 */
export async function compressChunk(pool: Pool, segment: Segment): Promise<Segment> {
  const chunk = await maintain(pool, async (sql) => {
    const place = await placeOf(sql, pool, segment.dataset);
    if (place === undefined) {
      throw new StorageError({
        code: "unsupported",
        message: 'the table is not in chunks, so there is nothing to compress; run "aasm migrate"',
      });
    }
    const [found] = await readChunks(sql, place, rangeOf(segment));
    if (found === undefined) throw tierErrors.gone();
    // Else, when the policy compresses the same chunk at this moment, one of the two finds parts of it made by the other.
    await sql.unsafe(`LOCK TABLE ${found.table} IN EXCLUSIVE MODE`);
    await useLz4(sql);
    await sql.unsafe(
      `SELECT ${quoteIdentifier(place.extension)}.compress_chunk(${quoteLiteral(found.table)}, if_not_compressed => true)`,
    );
    const [compressed] = await readChunks(sql, place, rangeOf(segment));
    return compressed;
  });
  const result = chunk === undefined ? undefined : await segmentOf(pool, segment.dataset, chunk);
  if (result === undefined) throw tierErrors.gone();
  return result;
}

/**
 * Counts and drops under one lock on the chunk. Others may read it meanwhile and insert elsewhere; who inserts into this
 * very chunk waits, and then finds a new one in its place. What samples add up to is kept, in the same transaction.
 * @returns how many rows it held
 * @throws `conflict` when it does not hold `expected` rows
 */
export async function dropChunk(pool: Pool, segment: Segment, expected: number): Promise<number> {
  await keepRollups(pool, segment);
  return maintain(pool, async (sql) => {
    const found = await findChunk(sql, pool, segment);
    if (found === undefined) {
      // The rows of a range that was listed before the table came to have chunks are still there, in other segments.
      const rows = await countRange(sql, pool, segment);
      if (rows !== expected) throw tierErrors.changed(expected, rows);
      if (rows === 0) return 0;
      throw new StorageError({
        code: "conflict",
        message: "the table's segments are others by now; nothing was dropped: list them and plan again",
      });
    }
    const { chunk, place } = found;
    await sql.unsafe(`LOCK TABLE ${chunk.table} IN EXCLUSIVE MODE`);
    const rows = await countChunk(sql, chunk);
    if (rows !== expected) throw tierErrors.changed(expected, rows);
    const inSchema = (name: string): string => `${quoteIdentifier(place.schema)}.${name}`;
    if (segment.dataset === "metrics") await sql.unsafe(addToTotals(inSchema("metric_totals"), chunk.table));
    const table = inSchema(place.table);
    const dropped = await sql.unsafe(
      `SELECT ${quoteIdentifier(place.extension)}.drop_chunks(${quoteLiteral(table)},
         newer_than => to_timestamp($1::float8 / 1000), older_than => to_timestamp($2::float8 / 1000))`,
      [chunk.from, chunk.to],
    );
    if (dropped.length !== 1) {
      throw new StorageError({
        code: "internal",
        message: `dropping one chunk would have taken ${dropped.length}; nothing was dropped`,
      });
    }
    return rows;
  });
}

interface Place {
  readonly schema: string;
  readonly extension: string;
  readonly table: (typeof DATASET_TABLES)[TierDataset];
}

async function placeOf(sql: AnySql, pool: Pool, dataset: TierDataset): Promise<Place | undefined> {
  const { schema } = pool.options;
  const table = DATASET_TABLES[dataset];
  const extension = await extensionOf(sql, schema, table);
  return extension === undefined ? undefined : { schema, extension, table };
}

async function findChunk(
  sql: AnySql,
  pool: Pool,
  segment: Segment,
): Promise<{ chunk: Chunk; place: Place } | undefined> {
  const place = await placeOf(sql, pool, segment.dataset);
  if (place === undefined) return undefined;
  const [chunk] = await readChunks(sql, place, rangeOf(segment));
  return chunk === undefined ? undefined : { chunk, place };
}

/** @returns `undefined` when the chunk was dropped meanwhile */
async function segmentOf(pool: Pool, dataset: TierDataset, chunk: Chunk): Promise<Segment | undefined> {
  const rows = await maintain(pool, async (sql) => {
    const [found] = await sql`SELECT to_regclass(${chunk.table}) IS NOT NULL AS exists`;
    return found?.exists === true ? countChunk(sql, chunk) : undefined;
  });
  if (rows === undefined) return undefined;
  const { name: id, bytes, compressed } = chunk;
  const [from, to] = [new Date(segmentStart(chunk)), new Date(chunk.to)];
  return { dataset, id, from, to, rows, bytes, tier: compressed ? "warm" : "hot" };
}

async function countRange(sql: AnySql, pool: Pool, { dataset, from, to }: Segment): Promise<number> {
  const [row] = await sql.unsafe<{ rows: number }[]>(
    `SELECT count(*)::float8 AS rows FROM ${quoteIdentifier(pool.options.schema)}.${DATASET_TABLES[dataset]}
     WHERE ts >= to_timestamp($1::float8 / 1000) AND ts < to_timestamp($2::float8 / 1000)`,
    [from.getTime(), to.getTime()],
  );
  return row?.rows ?? 0;
}

function rangeOf({ from, to }: Segment): { from: number; to: number } {
  return { from: from.getTime(), to: to.getTime() };
}
