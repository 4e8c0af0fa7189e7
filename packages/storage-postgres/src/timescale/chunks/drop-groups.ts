import { StorageError, type TierDataset } from "@agent-assembly/storage-core";
import { Bindings, type Conditions } from "../../audit/filter-sql.js";
import { maintain } from "../../driver/maintenance.js";
import type { TransactionSql } from "../../driver/pool.js";
import { addToTotals, SAMPLE_COLUMNS } from "../../metrics/totals-sql.js";
import type { DropRun } from "../../partitions/drop-run.js";
import type { Target } from "../../partitions/hold-guard.js";
import { all } from "../../partitions/slice-sql.js";
import { type ChunkGroup, inGroup, readGroups } from "./groups.js";

/** What chunks are segmented by when we compress them; right, if slower, for those compressed in another way. */
const GROUPED_BY: Readonly<Record<TierDataset, string>> = { audit: "agent_id", metrics: "metric" };
/** Rows that may lie about decompressed before they are compressed again. */
const LOOSE_ROWS = 500_000;

interface Hooks {
  /** Whether the chunk still is a compressed one; asked under a lock that keeps it so. */
  readonly unchanged: (sql: TransactionSql) => Promise<boolean>;
  /** Compresses what deleting left decompressed. */
  readonly fold: () => Promise<void>;
}

/**
 * Deletes what is meant of a compressed chunk, group by group. The chunk is locked against writers for each, so the rows of
 * a group are exactly those that are counted first; a group that is meant as a whole is deleted by the column alone that the
 * chunk is segmented by, which the server does without decompressing.
 * @returns false when the chunk was no compressed one any more
 */
export async function dropGroups(run: DropRun, target: Target, { unchanged, fold }: Hooks): Promise<boolean> {
  const column = GROUPED_BY[run.part.dataset];
  const groups = await maintain(run.pool, (sql) => readGroups(sql, run.deletable(target), column));
  let loose = 0;
  for (const group of groups) {
    run.goOn();
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
  // Samples that came since they were counted cannot be told from the others: all of the group stay, for the next time.
  if (before.meant === 0 || before.meant > Math.min(group.rows, run.left)) return { deleted: 0, loose: 0 };
  const whole = before.meant === before.total;
  const meant: Conditions = whole ? within : (bindings) => [...within(bindings), ...conditions(bindings)];
  // By default the server gives up behind 100,000 decompressed rows; there are no more than a group has.
  await sql`
    SELECT set_config(name, '0', true) FROM pg_settings
    WHERE name = 'timescaledb.max_tuples_decompressed_per_dml_transaction'`;
  if (run.part.dataset === "metrics") {
    const bindings = new Bindings();
    const samples = `(SELECT ${SAMPLE_COLUMNS} FROM ${table} AS e WHERE ${all(meant(bindings))})`;
    await sql.unsafe(addToTotals(run.totals, samples), bindings.values);
  }
  const bindings = new Bindings();
  await sql.unsafe(`DELETE FROM ${table} AS e WHERE ${all(meant(bindings))}`, bindings.values);
  const after = await count(sql, table, within, conditions);
  if (after.meant > 0 || after.total !== before.total - before.meant) {
    throw new StorageError({
      code: "internal",
      message: `deleting ${before.meant} of ${before.total} compressed rows would have left ${after.total}; these were left as they are`,
    });
  }
  return { deleted: before.meant, loose: whole ? 0 : before.total };
}

async function count(
  sql: TransactionSql,
  table: string,
  within: Conditions,
  conditions: Conditions,
): Promise<{ readonly total: number; readonly meant: number }> {
  const bindings = new Bindings();
  const where = all(within(bindings));
  const [row] = await sql.unsafe<{ total: number; meant: number }[]>(
    `SELECT count(*)::float8 AS total, count(*) FILTER (WHERE ${all(conditions(bindings))})::float8 AS meant
     FROM ${table} AS e WHERE ${where}`,
    bindings.values,
  );
  return row ?? { total: 0, meant: 0 };
}
