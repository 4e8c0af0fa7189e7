import { type Segment, StorageError, type TierDataset } from "@agent-assembly/storage-core";
import { tierErrors } from "@agent-assembly/storage-core/backend";
import { maintain } from "../driver/maintenance.js";
import type { Pool, TransactionSql } from "../driver/pool.js";
import { quoteIdentifier, quoteLiteral } from "../sql/identifiers.js";
import { type Chunk, countChunk, type Place, placeOf, readChunks, segmentStart } from "../timescale/chunks/chunks.js";
import { useLz4 } from "../timescale/conversion/toast-compression.js";

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
    const range = { from: segment.from.getTime(), to: segment.to.getTime() };
    const [found] = await readChunks(sql, place, range);
    if (found === undefined) throw tierErrors.gone();
    await compress(sql, place, found);
    const [compressed] = await readChunks(sql, place, range);
    return compressed;
  });
  const result = chunk === undefined ? undefined : await segmentOf(pool, segment.dataset, chunk);
  if (result === undefined) throw tierErrors.gone();
  return result;
}

/** Takes in what is not compressed of a chunk, which may be all of it. */
export async function compress(sql: TransactionSql, { extension }: Place, { table }: Chunk): Promise<void> {
  // Else, when the policy compresses the same chunk at this moment, one of the two finds parts of it made by the other.
  await sql.unsafe(`LOCK TABLE ${table} IN EXCLUSIVE MODE`);
  await useLz4(sql);
  await sql.unsafe(
    `SELECT ${quoteIdentifier(extension)}.compress_chunk(${quoteLiteral(table)}, if_not_compressed => true)`,
  );
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
