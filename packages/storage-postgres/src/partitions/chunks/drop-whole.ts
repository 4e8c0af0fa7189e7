import { keepDropped } from "../../counts/dropped-sql.js";
import { maintain } from "../../driver/maintenance.js";
import type { TransactionSql } from "../../driver/pool.js";
import { markDropped } from "../../metrics/dropped-sql.js";
import { Bindings } from "../../sql/bindings.js";
import { quoteIdentifier, quoteLiteral } from "../../sql/identifiers.js";
import { toTimestamp } from "../../sql/timestamps.js";
import type { DropRun } from "../drop-run.js";
import type { Target } from "../hold-guard.js";
import { all } from "../slice-sql.js";
import type { Chunk, Place } from "./chunks.js";

/**
 * Counts and drops under one lock on the chunk. Other sessions may read it meanwhile and insert elsewhere; inserts into
 * this chunk wait and then create a new one. The hours of dropped samples are marked in the same transaction.
 * @returns false, with nothing dropped, when it contains rows that are not selected
 * @throws `conflict` when the number of selected rows differs from the expected one, or one of them is under a hold
 */
export async function dropWhole(run: DropRun, place: Place, chunk: Chunk, target: Target): Promise<boolean> {
  const rows = await maintain(run.pool, async (sql) => {
    await sql.unsafe(`LOCK TABLE ${chunk.table} IN EXCLUSIVE MODE`);
    await run.holds.note(sql);
    const bindings = new Bindings();
    const selected = all(target.conditions(bindings));
    const held = all(run.holds.held(bindings));
    const [counted] = await sql.unsafe<{ total: number; selected: number; held: number }[]>(
      `SELECT count(*)::float8 AS total, count(*) FILTER (WHERE ${selected})::float8 AS selected,
         count(*) FILTER (WHERE ${all([selected, held])})::float8 AS held FROM ${chunk.table} AS e`,
      bindings.values,
    );
    const { total, selected: rows, held: heldRows } = counted ?? { total: 0, selected: 0, held: 0 };
    await run.verify(sql, target, rows, heldRows);
    if (rows !== total) return undefined;
    await run.guard(sql, target);
    if (run.part.dataset === "metrics") await sql.unsafe(`WITH ${markDropped(run.metrics, chunk.table)} SELECT`);
    if (run.keepsCounts) await keepByDay(sql, run, chunk);
    // Only an owner may drop chunks, so a function does it, which looks for holds itself.
    await sql.unsafe(
      `SELECT ${quoteIdentifier(place.schema)}.drop_store_chunk(${quoteLiteral(chunk.table)},
         to_timestamp($1::float8 / 1000), to_timestamp($2::float8 / 1000))`,
      [chunk.from, chunk.to],
    );
    return rows;
  });
  if (rows === undefined) return false;
  run.report(rows);
  return true;
}

const DAY_MS = 86_400_000;

/** Day by day, since what is counted of one is in the server's memory. */
async function keepByDay(sql: TransactionSql, run: DropRun, { table }: Chunk): Promise<void> {
  const days = await sql.unsafe<{ day: number }[]>(
    `SELECT DISTINCT (floor(date_part('epoch', ts) / 86400) * ${DAY_MS})::float8 AS day FROM ${table}`,
  );
  for (const { day } of days) {
    const events = `(SELECT * FROM ${table} WHERE ts >= $1::timestamptz AND ts < $2::timestamptz)`;
    await sql.unsafe(keepDropped(run.counts, events), [toTimestamp(day), toTimestamp(day + DAY_MS)]);
  }
}
