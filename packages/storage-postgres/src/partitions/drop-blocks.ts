import { Bindings } from "../audit/filter-sql.js";
import { maintain } from "../driver/maintenance.js";
import type { TransactionSql } from "../driver/pool.js";
import { addToTotals, SAMPLE_COLUMNS } from "../metrics/totals-sql.js";
import type { DropRun } from "./drop-run.js";
import type { Target } from "./hold-guard.js";
import { all } from "./slice-sql.js";

/** Blocks of one step, by how long steps take. 8 KiB each. */
const BLOCKS = { first: 256, fewest: 16, most: 8192 };
/** A step shall take about this long: others wait for its locks, and it is repeated when it fails. */
const STEP_MS = { shortest: 75, longest: 300 };

/**
 * Deletes what is meant in blocks from first to last, each of which is read once, however few of its rows are meant.
 * @param unchanged whether the table still is what it was when the blocks were counted; asked under a lock that keeps it so
 * @returns false when it was not: count anew
 */
export async function dropBlocks(
  run: DropRun,
  target: Target,
  [first, end]: readonly [number, number],
  unchanged: (sql: TransactionSql) => Promise<boolean>,
): Promise<boolean> {
  let size = BLOCKS.first;
  for (let block = first; block < end && run.left > 0; ) {
    run.goOn();
    const until = Math.min(block + size, end);
    const start = performance.now();
    const deleted = await maintain(run.pool, async (sql) => {
      await sql.unsafe(`LOCK TABLE ${target.table} IN ROW EXCLUSIVE MODE`);
      if (!(await unchanged(sql))) return undefined;
      await run.guard(sql, target);
      return deleteBlocks(sql, run, run.deletable(target), block, until);
    });
    if (deleted === undefined) return false;
    run.report(deleted);
    const took = performance.now() - start;
    if (took < STEP_MS.shortest) size = Math.min(size * 2, BLOCKS.most);
    else if (took > STEP_MS.longest) size = Math.max(size >> 1, BLOCKS.fewest);
    block = until;
  }
  return true;
}

async function deleteBlocks(
  sql: TransactionSql,
  run: DropRun,
  target: Target,
  block: number,
  end: number,
): Promise<number> {
  const bindings = new Bindings();
  const picked = pickRows(target, [block, end], run.left, bindings);
  // What samples add up to is kept by the statement that deletes them.
  const [returned, added] =
    run.part.dataset === "metrics" ? [SAMPLE_COLUMNS, `, added AS (${addToTotals(run.totals, "deleted")})`] : ["1", ""];
  // Not picked with FOR UPDATE, for which the right to delete is not enough.
  const [row] = await sql.unsafe<{ deleted: number }[]>(
    `WITH picked AS MATERIALIZED (${picked}),
     deleted AS (
       DELETE FROM ${target.table} AS e
       WHERE e.ctid = ANY (ARRAY(SELECT ctid FROM picked)) AND ${meant(target, bindings)} RETURNING ${returned})
     ${added}
     SELECT count(*)::int AS deleted FROM deleted`,
    bindings.values,
  );
  return row?.deleted ?? 0;
}

/** Rows that are meant in blocks from the first to before the last; reads these blocks and nothing else. */
export function pickRows(
  target: Target,
  [block, end]: readonly [number, number],
  limit: number,
  bindings: Bindings,
): string {
  return `SELECT e.ctid FROM ${target.table} AS e
    WHERE e.ctid >= '(${block},0)'::tid AND e.ctid < '(${end},0)'::tid AND ${meant(target, bindings)}
    LIMIT ${bindings.bind(limit, "bigint")}`;
}

/** In a form that no index serves: one might lead through the whole segment again for each step. */
function meant({ conditions }: Target, bindings: Bindings): string {
  return `(${all(conditions(bindings))}) IS TRUE`;
}

/** Names the file that a table's rows are in: block numbers are those of this file. */
export async function fileOf(sql: TransactionSql, table: string): Promise<string> {
  const [row] = await sql`SELECT pg_relation_filenode(${table}::regclass)::text AS file`;
  return row?.file as string;
}
