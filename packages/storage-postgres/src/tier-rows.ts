import { type Segment, type TierDataset, tierErrors, utcDay } from "@agent-assembly/storage-core";
import { quoteIdentifier } from "./identifiers.js";
import { maintain } from "./maintenance.js";
import { addToTotals, SAMPLE_COLUMNS } from "./metric-totals.js";
import type { AnySql, Pool } from "./pool.js";
import { DATASET_TABLES } from "./timescale/chunks.js";

/** Rows of one transaction: some tens of milliseconds of work. */
const BATCH_ROWS = 5000;
const DAY_MS = 86_400_000;
/** Of a row's columns other than the payload, with its index entries. */
const EVENT_BYTES = 250;
const SAMPLE_BYTES = 150;

/** The UTC days that hold rows, oldest first. */
export async function listDays(pool: Pool, dataset: TierDataset): Promise<Segment[]> {
  const table = tableOf(pool, dataset);
  const bytes =
    dataset === "audit"
      ? `sum(${EVENT_BYTES} + coalesce(pg_column_size(payload), 0))`
      : `sum(${SAMPLE_BYTES} + pg_column_size(labels))`;
  const days = await maintain(pool, (sql) =>
    sql.unsafe<{ day: number; rows: number; bytes: number }[]>(
      `SELECT floor(extract(epoch FROM ts) / 86400)::float8 AS day, count(*)::float8 AS rows, ${bytes}::float8 AS bytes
       FROM ${table} GROUP BY 1 ORDER BY 1`,
    ),
  );
  return days.map(({ day, rows, bytes: size }) => ({
    dataset,
    ...utcDay(day * DAY_MS),
    rows,
    bytes: size,
    tier: "hot",
  }));
}

/**
 * Deletes the rows of a range in batches. What arrives after they were counted stays, as many rows as that is.
 * @returns how many were deleted
 * @throws `conflict` when there are not `expected` rows
 */
export async function dropRows(pool: Pool, segment: Segment, expected: number): Promise<number> {
  const table = tableOf(pool, segment.dataset);
  const range = [segment.from.getTime(), segment.to.getTime()] as const;
  const counted = await maintain(pool, (sql) => countRows(sql, table, segment.dataset, range));
  if (counted.rows !== expected) throw tierErrors.changed(expected, counted.rows);
  const [condition, bound] = segment.dataset === "audit" ? [" AND seq <= $4::bigint", [counted.newest]] : ["", []];
  // What samples add up to is kept by the statement that deletes them.
  const [returned, added] =
    segment.dataset === "metrics"
      ? [SAMPLE_COLUMNS, `, added AS (${addToTotals(totalsOf(pool), "deleted")})`]
      : ["1", ""];
  let removed = 0;
  while (removed < expected) {
    const [batch] = await maintain(pool, (sql) =>
      // Not picked with FOR UPDATE, for which the right to delete is not enough.
      sql.unsafe<{ picked: number; deleted: number }[]>(
        `WITH picked AS MATERIALIZED (SELECT ctid FROM ${table} WHERE ${RANGE}${condition} LIMIT $3::int),
           deleted AS (
             DELETE FROM ${table} WHERE ${RANGE} AND ctid = ANY (ARRAY(SELECT ctid FROM picked)) RETURNING ${returned})
           ${added}
         SELECT (SELECT count(*) FROM picked)::int AS picked, (SELECT count(*) FROM deleted)::int AS deleted`,
        [...range, Math.min(BATCH_ROWS, expected - removed), ...bound],
      ),
    );
    // What was picked but not deleted, somebody else deleted meanwhile.
    if (batch === undefined || batch.picked === 0) break;
    removed += batch.deleted;
  }
  return removed;
}

/** Milliseconds since the epoch as `$1` and `$2`. */
const RANGE =
  "ts >= to_timestamp($1::float8 / 1000)::timestamptz(3) AND ts < to_timestamp($2::float8 / 1000)::timestamptz(3)";

/**
 * The lock waits for those who are writing, so that all events up to the sequence's value are counted; it is held only as
 * long as counting a day takes.
 */
async function countRows(
  sql: AnySql,
  table: string,
  dataset: TierDataset,
  range: readonly [number, number],
): Promise<{ rows: number; newest: string | null }> {
  await sql.unsafe(`LOCK TABLE ${table} IN SHARE ROW EXCLUSIVE MODE`);
  const newest = dataset === "audit" ? `(SELECT last_value::text FROM ${sequenceOf(table)})` : "NULL::text";
  const [row] = await sql.unsafe<{ rows: number; newest: string | null }[]>(
    `SELECT count(*)::float8 AS rows, ${newest} AS newest FROM ${table} WHERE ${RANGE}`,
    [...range],
  );
  return row ?? { rows: 0, newest: null };
}

function tableOf(pool: Pool, dataset: TierDataset): string {
  return `${quoteIdentifier(pool.options.schema)}.${DATASET_TABLES[dataset]}`;
}

function totalsOf(pool: Pool): string {
  return `${quoteIdentifier(pool.options.schema)}.metric_totals`;
}

function sequenceOf(table: string): string {
  return `${table}_seq`;
}
