import { type Dataset, StorageError } from "@agent-assembly/storage-core";
import { keepDropped } from "../../counts/dropped-sql.js";
import { lockState } from "../../counts/state.js";
import { countedColumnsOf, subtractCounted } from "../../counts/uncount-sql.js";
import { maintain } from "../../driver/maintenance.js";
import type { TransactionSql } from "../../driver/pool.js";
import { markDropped } from "../../metrics/dropped-sql.js";
import { SAMPLE_COLUMNS } from "../../metrics/totals-sql.js";
import { Bindings, type Conditions } from "../../sql/bindings.js";
import type { DropRun } from "../drop-run.js";
import type { Target } from "../hold-guard.js";
import { all } from "../slice-sql.js";
import { type ChunkGroup, inGroup, readGroups } from "./groups.js";

/** The column by which we segment chunks; also correct, but slower, for chunks compressed differently. */
const GROUPED_BY: Readonly<Record<Dataset, string>> = { audit: "agent_id", metrics: "metric" };
/** Decompressed rows after which they are compressed again. */
const LOOSE_ROWS = 500_000;

interface Hooks {
  /** Whether the chunk is still compressed; checked under a lock that keeps it so. */
  readonly unchanged: (sql: TransactionSql) => Promise<boolean>;
  /** Compresses rows that a deletion left decompressed. */
  readonly fold: () => Promise<void>;
}

/**
 * Deletes the selected rows of a compressed chunk, group by group. The chunk is locked against writers for each group,
 * so its rows are exactly the counted ones. A group that is selected as a whole is deleted by the segment-by column
 * alone, which needs no decompression.
 * @returns false when the chunk was no longer compressed
 */
export async function dropGroups(run: DropRun, target: Target, { unchanged, fold }: Hooks): Promise<boolean> {
  const column = GROUPED_BY[run.part.dataset];
  const groups = await maintain(run.pool, (sql) => readGroups(sql, run.deletable(target), column));
  let loose = 0;
  for (const group of groups) {
    run.throwIfStopped();
    const done = await maintain(run.pool, async (sql) => {
      await sql.unsafe(`LOCK TABLE ${target.table} IN EXCLUSIVE MODE`);
      if (!(await unchanged(sql))) return undefined;
      await run.guard(sql, target);
      return deleteGroup(sql, run, target, inGroup(column, group), group);
    });
    if (done === undefined) return false;
    run.report(done.deleted);
    loose += done.loose;
    if (loose < LOOSE_ROWS) continue;
    await fold();
    loose = 0;
  }
  return true;
}

async function deleteGroup(
  sql: TransactionSql,
  run: DropRun,
  target: Target,
  within: Conditions,
  group: ChunkGroup,
): Promise<{ readonly deleted: number; readonly loose: number }> {
  const { table, conditions } = run.deletable(target);
  const before = await count(sql, table, within, conditions);
  // Samples that arrived since the count cannot be distinguished from the others: the whole group stays until the next
  // run.
  if (before.selected === 0 || before.selected > Math.min(group.rows, run.left)) return { deleted: 0, loose: 0 };
  const whole = before.selected === before.total;
  const toDelete: Conditions = whole ? within : (bindings) => [...within(bindings), ...conditions(bindings)];
  // By default the server fails after 100,000 decompressed rows; here their number is bounded by the group.
  await sql`
    SELECT set_config(name, '0', true) FROM pg_settings
    WHERE name = 'timescaledb.max_tuples_decompressed_per_dml_transaction'`;
  if (run.part.dataset === "metrics") {
    const bindings = new Bindings();
    const samples = `(SELECT ${SAMPLE_COLUMNS} FROM ${table} AS e WHERE ${all(toDelete(bindings))})`;
    await sql.unsafe(`WITH ${markDropped(run.metrics, samples)} SELECT`, bindings.values);
  } else {
    const state = await lockState(sql, run.counts);
    if (state !== undefined) {
      const bindings = new Bindings();
      const events = countedColumnsOf(table, toDelete, bindings);
      await sql.unsafe(subtractCounted(run.counts, state, events, bindings), bindings.values);
    }
    if (run.keepsCounts) {
      const bindings = new Bindings();
      const events = countedColumnsOf(table, toDelete, bindings);
      await sql.unsafe(keepDropped(run.counts, events), bindings.values);
    }
  }
  const bindings = new Bindings();
  await sql.unsafe(`DELETE FROM ${table} AS e WHERE ${all(toDelete(bindings))}`, bindings.values);
  const after = await count(sql, table, within, conditions);
  if (after.selected > 0 || after.total !== before.total - before.selected) {
    throw new StorageError({
      code: "internal",
      message: `deleting ${before.selected} of ${before.total} compressed rows would have left ${after.total}; nothing was deleted`,
    });
  }
  return { deleted: before.selected, loose: whole ? 0 : before.total };
}

async function count(
  sql: TransactionSql,
  table: string,
  within: Conditions,
  conditions: Conditions,
): Promise<{ readonly total: number; readonly selected: number }> {
  const bindings = new Bindings();
  const where = all(within(bindings));
  const [row] = await sql.unsafe<{ total: number; selected: number }[]>(
    `SELECT count(*)::float8 AS total, count(*) FILTER (WHERE ${all(conditions(bindings))})::float8 AS selected
     FROM ${table} AS e WHERE ${where}`,
    bindings.values,
  );
  return row ?? { total: 0, selected: 0 };
}
