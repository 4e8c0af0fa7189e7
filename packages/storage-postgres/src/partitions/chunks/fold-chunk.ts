import { errorCode } from "../../driver/errors.js";
import { maintain } from "../../driver/maintenance.js";
import type { Pool, TransactionSql } from "../../driver/pool.js";
import { quoteIdentifier, quoteLiteral } from "../../sql/identifiers.js";
import { type Chunk, type Place, partitionStart, readChunks } from "./chunks.js";
import { compress } from "./list-and-compress.js";

/** A chunk is rewritten when it takes this many times the space that its rows need. */
const BLOATED = 1.5;
/** A rewrite blocks readers, so a chunk that would take longer than some seconds is left unchanged. */
const LARGEST_BYTES = 1024 ** 3;
const SMALLEST_BYTES = 256 * 1024;
/** New readers queue behind a session that waits for such a lock. */
const LONGEST_WAIT_MS = 2000;

/** Compresses rows that a deletion left decompressed in a chunk. The compression policy would do it too, but later. */
export async function foldChunk(pool: Pool, place: Place, chunk: Chunk): Promise<void> {
  await unlessLocked(
    maintain(pool, async (sql) => {
      if (await isThere(sql, chunk)) await compress(sql, place, chunk);
    }),
  );
  // The table that contained them is nearly empty, but still large on disk.
  await unlessLocked(maintain(pool, (sql) => rewrite(sql, place, chunk.table, false)));
}

/**
 * Returns the space of deleted rows to the disk, which VACUUM alone does not do. A chunk that is being written to is
 * left unchanged, since writers would have to wait.
 * @param needed bytes that its rows need
 */
export async function shrinkChunk(pool: Pool, place: Place, chunk: Chunk, needed: number): Promise<void> {
  if (needed > LARGEST_BYTES || (!chunk.compressed && chunk.to > Date.now())) return;
  await unlessLocked(
    maintain(pool, async (sql) => {
      const [now] = await readChunks(sql, place, { from: partitionStart(chunk), to: chunk.to });
      if (now === undefined || now.table !== chunk.table) return;
      if (now.bytes > Math.max(needed * BLOATED, SMALLEST_BYTES)) await rewrite(sql, place, chunk.table, true);
    }),
  );
}

/** @param all also the compressed rows, not only the table that contained them */
async function rewrite(sql: TransactionSql, { schema }: Place, table: string, all: boolean): Promise<void> {
  await sql.unsafe(`SET LOCAL lock_timeout = ${LONGEST_WAIT_MS}`);
  await sql.unsafe(`SELECT ${quoteIdentifier(schema)}.rewrite_store_chunk(${quoteLiteral(table)}, ${all})`);
}

async function isThere(sql: TransactionSql, { table }: Chunk): Promise<boolean> {
  const [found] = await sql`SELECT to_regclass(${table}) IS NOT NULL AS there`;
  return found?.there === true;
}

/**
 * This only makes a chunk smaller: if a reader blocks it for too long, the next run tries again.
 * @throws all errors except a lock timeout and a chunk that was dropped meanwhile
 */
async function unlessLocked(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!["55P03", "40P01", "42P01"].includes(errorCode(error) ?? "")) throw error;
  }
}
