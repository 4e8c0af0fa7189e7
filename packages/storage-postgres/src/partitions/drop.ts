import { StorageError } from "@agent-assembly/storage-core";
import { countText } from "@agent-assembly/storage-core/backend";
import { positionOf, readCommitOrder } from "../audit/commit-order.js";
import { errorCode } from "../driver/errors.js";
import { maintain } from "../driver/maintenance.js";
import type { Pool, TransactionSql } from "../driver/pool.js";
import { type Chunk, countChunk, type Place, placeOf, readChunks } from "./chunks/chunks.js";
import { dropGroups } from "./chunks/drop-groups.js";
import { dropWhole } from "./chunks/drop-whole.js";
import { foldChunk, shrinkChunk } from "./chunks/fold-chunk.js";
import { dropBlocks, fileOf } from "./drop-blocks.js";
import { type DropRequest, DropRun } from "./drop-run.js";
import type { Target } from "./hold-guard.js";
import { type Part, partOf, withinPartition } from "./slice-sql.js";

/**
 * Deletes a slice of a partition: a chunk whose rows are all selected by `drop_chunks`, anything else in steps, each in
 * its own transaction.
 *
 * Rows that stay are never moved elsewhere, however few: a reader that started before the old chunk was dropped would
 * find neither the moved rows nor their table.
 * @returns how many rows were deleted
 * @throws `conflict`, `busy`; the signal's reason
 */
export async function dropPart(pool: Pool, part: Part, request: DropRequest): Promise<number> {
  const place = await pool.run((sql) => placeOf(sql, pool, part.dataset));
  const everything = part.selection === undefined && part.asOf === undefined;
  if (place !== undefined && everything) {
    const run = new DropRun(pool, part, request);
    return dropFromChunk(run, place);
  }
  const run = new DropRun(pool, await bounded(pool, part), request);
  return place === undefined ? dropFromTable(run) : dropFromChunk(run, place);
}

/** Rows committed from now on are distinguished from the counted ones; samples have no position. */
async function bounded(pool: Pool, part: Part): Promise<Part> {
  if (part.dataset === "metrics" || part.asOf !== undefined) return part;
  const order = await readCommitOrder(pool);
  return { ...part, asOf: { ...order, position: positionOf(order.snapshot) } };
}

async function dropFromTable(run: DropRun): Promise<number> {
  const target: Target = { table: run.table, conditions: partOf(run.part) };
  for (;;) {
    run.throwIfStopped();
    const file = await run.pool.transaction((sql) => fileOf(sql, target.table));
    const { rows, blocks } = await run.count(target, true);
    if (rows === 0) return run.removed;
    const unchanged = async (sql: TransactionSql): Promise<boolean> => (await fileOf(sql, target.table)) === file;
    if (await dropBlocks(run, target, blocks, unchanged)) return run.removed;
    if ((await run.pool.run((sql) => placeOf(sql, run.pool, run.part.dataset))) !== undefined) throw replaced(run);
  }
}

async function dropFromChunk(run: DropRun, place: Place): Promise<number> {
  for (;;) {
    run.throwIfStopped();
    const [chunk] = await run.pool.run((sql) => readChunks(sql, place, run.part));
    if (chunk === undefined) return dropFromNone(run);
    try {
      if (await dropRowsOf(run, place, chunk)) return run.removed;
    } catch (error) {
      // undefined_table: another session dropped the chunk. invalid_column_reference: it was compressed before its rows
      // were located.
      const code = errorCode(error);
      if (code !== "42P10" && (code !== "42P01" || (await exists(run, chunk)))) throw error;
    }
  }
}

/** @returns false when the chunk changed its form */
async function dropRowsOf(run: DropRun, place: Place, chunk: Chunk): Promise<boolean> {
  const { pool, part } = run;
  const target: Target = { table: chunk.table, conditions: withinPartition(part) };
  const file = await pool.transaction((sql) => fileOf(sql, chunk.table));
  const everything = part.selection === undefined && part.asOf === undefined;
  const total = everything ? 0 : await maintain(pool, (sql) => countChunk(sql, chunk));
  const counted = everything ? undefined : await run.count(target, !chunk.compressed);
  if (counted?.rows === 0) return true;
  const whole = counted === undefined || counted.rows === total;
  if (run.removed === 0 && whole && (await dropWhole(run, place, chunk, target))) return true;
  if (counted === undefined) return true;
  const unchanged = async (sql: TransactionSql): Promise<boolean> =>
    (await fileOf(sql, chunk.table)) === file && (await isCompressed(sql, place, chunk)) === chunk.compressed;
  // Folding changes the file, but not how groups are found.
  const stillCompressed = (sql: TransactionSql): Promise<boolean> => isCompressed(sql, place, chunk);
  const fold = (): Promise<void> => foldChunk(pool, place, chunk);
  const done = chunk.compressed
    ? await dropGroups(run, target, { unchanged: stillCompressed, fold })
    : await dropBlocks(run, target, counted.blocks, unchanged);
  if (chunk.compressed) await fold();
  if (done)
    await shrinkChunk(pool, place, chunk, (chunk.bytes * Math.max(0, total - counted.rows)) / Math.max(1, total));
  return done;
}

async function isCompressed(sql: TransactionSql, { schema, table }: Place, { name }: Chunk): Promise<boolean> {
  const [found] = await sql<{ compressed: boolean }[]>`
    SELECT is_compressed AS compressed FROM timescaledb_information.chunks
    WHERE hypertable_schema = ${schema} AND hypertable_name = ${table} AND chunk_name = ${name}`;
  return found?.compressed === true;
}

async function exists({ pool }: DropRun, { table }: Chunk): Promise<boolean> {
  const [found] = await pool.run((sql) => sql`SELECT to_regclass(${table}) IS NOT NULL AS there`);
  return found?.there === true;
}

/** If the range was listed before the table was converted to chunks, its rows are now in other partitions. */
async function dropFromNone(run: DropRun): Promise<number> {
  if (run.removed > 0) return run.removed;
  const { rows } = await run.count({ table: run.table, conditions: partOf(run.part) }, false);
  if (rows === 0) return 0;
  throw replaced(run);
}

function droppedText(rows: number): string {
  return rows === 0 ? "nothing was" : `${countText(rows, "row")} ${rows === 1 ? "was" : "were"}`;
}

function replaced({ removed }: DropRun): StorageError {
  return new StorageError({
    code: "conflict",
    message: `the partitions of the table have changed; ${droppedText(removed)} dropped`,
    remedy: "List the partitions and plan again.",
  });
}
