import { keepDropped } from "../counts/dropped-sql.js";
import { lockState } from "../counts/state.js";
import { COUNTED_COLUMNS, subtractCounted } from "../counts/uncount-sql.js";
import { maintain } from "../driver/maintenance.js";
import type { TransactionSql } from "../driver/pool.js";
import { markDropped } from "../metrics/dropped-sql.js";
import { SAMPLE_COLUMNS } from "../metrics/totals-sql.js";
import { Bindings } from "../sql/bindings.js";
import type { DropRun } from "./drop-run.js";
import type { Target } from "./hold-guard.js";
import { all } from "./slice-sql.js";

/** Blocks of 8 KiB in one step, adapted to how long steps take. */
const BLOCKS = { first: 256, fewest: 16, most: 8192 };
/** Target duration of a step: other sessions wait for its locks, and it is repeated when it fails. */
const STEP_MS = { shortest: 75, longest: 300 };

/**
 * Deletes the selected rows block by block. Each block is read once, however few of its rows are selected.
 * @param unchanged whether the table is still the one whose blocks were counted; checked under a lock that keeps it so
 * @returns false when it changed: count again
 */
export async function dropBlocks(
  run: DropRun,
  target: Target,
  [first, end]: readonly [number, number],
  unchanged: (sql: TransactionSql) => Promise<boolean>,
): Promise<boolean> {
  let size = BLOCKS.first;
  for (let block = first; block < end && run.left > 0; ) {
    run.throwIfStopped();
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
  const { returned, marking, further } = await alongside(sql, run, bindings);
  // Not selected FOR UPDATE, which needs more than the right to delete.
  const [row] = await sql.unsafe<{ deleted: number }[]>(
    `WITH picked AS MATERIALIZED (${picked}),
     deleted AS (
       DELETE FROM ${target.table} AS e
       WHERE e.ctid = ANY (ARRAY(SELECT ctid FROM picked)) AND ${selectedRows(target, bindings)} RETURNING ${returned})
     ${marking}
     SELECT count(*)::int AS deleted${further} FROM deleted`,
    bindings.values,
  );
  return row?.deleted ?? 0;
}

/** What the statement that deletes rows does besides: it marks the hours of samples, or takes events out of the counts. */
async function alongside(
  sql: TransactionSql,
  run: DropRun,
  bindings: Bindings,
): Promise<{ readonly returned: string; readonly marking: string; readonly further: string }> {
  if (run.part.dataset === "metrics") {
    return { returned: SAMPLE_COLUMNS, marking: `, ${markDropped(run.metrics, "deleted")}`, further: "" };
  }
  const state = await lockState(sql, run.counts);
  const further = [
    ...(state === undefined ? [] : [`, (${subtractCounted(run.counts, state, "deleted", bindings)}) AS subtracted`]),
    ...(run.keepsCounts ? [`, (${keepDropped(run.counts, "deleted")}) AS kept`] : []),
  ];
  return { returned: further.length === 0 ? "1" : COUNTED_COLUMNS, marking: "", further: further.join("") };
}

/** The selected rows of the blocks from the first (inclusive) to the last (exclusive); reads only these blocks. */
export function pickRows(
  target: Target,
  [block, end]: readonly [number, number],
  limit: number,
  bindings: Bindings,
): string {
  return `SELECT e.ctid FROM ${target.table} AS e
    WHERE e.ctid >= '(${block},0)'::tid AND e.ctid < '(${end},0)'::tid AND ${selectedRows(target, bindings)}
    LIMIT ${bindings.bind(limit, "bigint")}`;
}

/** Written so that no index is used: an index scan might read the whole partition again in each step. */
function selectedRows({ conditions }: Target, bindings: Bindings): string {
  return `(${all(conditions(bindings))}) IS TRUE`;
}

/** The file that holds a table's rows, to which block numbers refer. */
export async function fileOf(sql: TransactionSql, table: string): Promise<string> {
  const [row] = await sql`SELECT pg_relation_filenode(${table}::regclass)::text AS file`;
  return row?.file as string;
}
