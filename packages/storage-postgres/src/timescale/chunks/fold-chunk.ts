import { errorCode } from "../../driver/errors.js";
import { maintain } from "../../driver/maintenance.js";
import type { Pool, TransactionSql } from "../../driver/pool.js";
import { compress } from "../../partitions/chunks.js";
import { quoteIdentifier } from "../../sql/identifiers.js";
import { type Chunk, type Place, readChunks, segmentStart } from "./chunks.js";

/** A chunk that takes this many times what its rows would need is written anew. */
const BLOATED = 1.5;
/** Nobody reads it while it is written anew; what takes longer than some seconds is left as it is. */
const LARGEST_BYTES = 1024 ** 3;
const SMALLEST_BYTES = 256 * 1024;
/** New readers queue behind whoever waits for such a lock. */
const LONGEST_WAIT_MS = 2000;

/** Compresses what deleting left decompressed in a chunk. The compression policy would do it too, in its time. */
export async function foldChunk(pool: Pool, place: Place, chunk: Chunk): Promise<void> {
  await unlessLocked(
    maintain(pool, async (sql) => {
      if (await isThere(sql, chunk)) await compress(sql, place, chunk);
    }),
  );
  // The table from which they were taken is nearly empty, but not small.
  await unlessLocked(maintain(pool, (sql) => rewrite(sql, chunk.table, false)));
}

/**
 * Gives the space of what was deleted from a chunk back to the disk, which vacuum alone does not do. A chunk that is being
 * written to is left as it is, since whoever writes would have to wait.
 * @param needed bytes that it should take
 */
export async function shrinkChunk(pool: Pool, place: Place, chunk: Chunk, needed: number): Promise<void> {
  if (needed > LARGEST_BYTES || (!chunk.compressed && chunk.to > Date.now())) return;
  await unlessLocked(
    maintain(pool, async (sql) => {
      const [now] = await readChunks(sql, place, { from: segmentStart(chunk), to: chunk.to });
      if (now === undefined || now.table !== chunk.table) return;
      if (now.bytes > Math.max(needed * BLOATED, SMALLEST_BYTES)) await rewrite(sql, chunk.table, true);
    }),
  );
}

/** @param all also the compressed rows, not only the table from which they were taken */
async function rewrite(sql: TransactionSql, table: string, all: boolean): Promise<void> {
  await sql.unsafe(`SET LOCAL lock_timeout = ${LONGEST_WAIT_MS}; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
  // The member has not always been there.
  const files = await sql<{ table: string; index: string }[]>`
    SELECT i.indrelid::regclass::text AS table, min(c.relname)::text AS index
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indisvalid AND i.indpred IS NULL AND (i.indrelid = ${table}::regclass OR ${all}::text::boolean AND i.indrelid = (
      SELECT (to_jsonb(s)->>'compress_relid')::regclass FROM _timescaledb_catalog.compression_settings s
      WHERE s.relid = ${table}::regclass))
    GROUP BY i.indrelid`;
  for (const file of files) await sql.unsafe(`CLUSTER ${file.table} USING ${quoteIdentifier(file.index)}`);
}

async function isThere(sql: TransactionSql, { table }: Chunk): Promise<boolean> {
  const [found] = await sql`SELECT to_regclass(${table}) IS NOT NULL AS there`;
  return found?.there === true;
}

/**
 * All this only makes a chunk smaller: where a reader is in the way for too long, it is left to the next time.
 * @throws everything but a lock that could not be had, or a chunk that was dropped meanwhile
 */
async function unlessLocked(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!["55P03", "40P01", "42P01"].includes(errorCode(error) ?? "")) throw error;
  }
}
