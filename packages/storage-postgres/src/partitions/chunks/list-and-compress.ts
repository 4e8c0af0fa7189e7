import { type Dataset, type Partition, StorageError } from "@agent-assembly/storage-core";
import { partitionErrors } from "@agent-assembly/storage-core/backend";
import { maintain } from "../../driver/maintenance.js";
import type { Pool, TransactionSql } from "../../driver/pool.js";
import { quoteIdentifier, quoteLiteral } from "../../sql/identifiers.js";
import { useLz4 } from "../../timescale/conversion/toast-compression.js";
import { countDays, onCounts, type Sized } from "../counted.js";
import { type Chunk, countChunk, type Place, partitionStart, placeOf, readChunks } from "./chunks.js";

const DAY_MS = 86_400_000;

/** The chunks that hold rows, oldest first; `undefined` where the table is no hypertable. */
export async function listChunks(pool: Pool, dataset: Dataset): Promise<Partition[] | undefined> {
  const found = await pool.run(async (sql) => {
    const place = await placeOf(sql, pool, dataset);
    return place === undefined ? undefined : readChunks(sql, place);
  });
  if (found === undefined) return undefined;
  const days = dataset === "audit" ? await onCounts(pool, countDays) : undefined;
  const partitions: Partition[] = [];
  for (const chunk of found) {
    const rows = days === undefined ? undefined : rowsOfDays(days, chunk);
    const partition = await partitionOf(pool, dataset, chunk, rows);
    if (partition !== undefined && partition.rows > 0) partitions.push(partition);
  }
  return partitions;
}

/**
 * Compressing again takes in rows that came later.
 * @throws `not_found` when there is no such chunk; `unsupported` when the table is no hypertable
 */
export async function compressChunk(pool: Pool, partition: Partition): Promise<Partition> {
  const chunk = await maintain(pool, async (sql) => {
    const place = await placeOf(sql, pool, partition.dataset);
    if (place === undefined) {
      throw new StorageError({
        code: "unsupported",
        message: "the table is not a hypertable, so it has no chunks to compress",
        remedy: 'Run "aasm migrate".',
      });
    }
    const range = { from: partition.from.getTime(), to: partition.to.getTime() };
    const [found] = await readChunks(sql, place, range);
    if (found === undefined) throw partitionErrors.gone();
    await compress(sql, place, found);
    const [compressed] = await readChunks(sql, place, range);
    return compressed;
  });
  const result = chunk === undefined ? undefined : await partitionOf(pool, partition.dataset, chunk);
  if (result === undefined) throw partitionErrors.gone();
  return result;
}

/** Takes in what is not compressed of a chunk, which may be all of it. */
export async function compress(sql: TransactionSql, { schema }: Place, { table }: Chunk): Promise<void> {
  await useLz4(sql);
  // Only an owner may compress chunks, so a function does it.
  await sql.unsafe(`SELECT ${quoteIdentifier(schema)}.compress_store_chunk(${quoteLiteral(table)})`);
}

/** @returns `undefined` when the chunk has no whole days */
function rowsOfDays(days: ReadonlyMap<number, Sized>, { from, to }: Chunk): number | undefined {
  if (from % DAY_MS !== 0 || to % DAY_MS !== 0) return undefined;
  let sum = 0;
  for (const [day, { rows }] of days) if (day * DAY_MS >= from && day * DAY_MS < to) sum += rows;
  return sum;
}

/** @param counted its rows, where they are known @returns `undefined` when the chunk was dropped meanwhile */
async function partitionOf(
  pool: Pool,
  dataset: Dataset,
  chunk: Chunk,
  counted?: number | undefined,
): Promise<Partition | undefined> {
  const rows = counted ?? (await countNow(pool, chunk));
  if (rows === undefined) return undefined;
  const { name: id, bytes, compressed } = chunk;
  const [from, to] = [new Date(partitionStart(chunk)), new Date(chunk.to)];
  return { dataset, id, from, to, rows, bytes, tier: compressed ? "warm" : "hot" };
}

function countNow(pool: Pool, chunk: Chunk): Promise<number | undefined> {
  return maintain(pool, async (sql) => {
    const [found] = await sql`SELECT to_regclass(${chunk.table}) IS NOT NULL AS exists`;
    return found?.exists === true ? countChunk(sql, chunk) : undefined;
  });
}
