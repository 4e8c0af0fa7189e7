import type { AnySql } from "../../driver/pool.js";
import { textArray } from "../../sql/array-literal.js";
import { Bindings, type Conditions } from "../../sql/bindings.js";
import type { Target } from "../hold-guard.js";
import { all } from "../slice-sql.js";

/** Rows of a group that is deleted as a whole, which needs no decompression. */
const WHOLE_ROWS = 200_000;
/** Rows of a group that is deleted in part: a second of work, since they are decompressed. */
const SPLIT_ROWS = 50_000;
const GROUP_VALUES = 500;

/** Rows of a compressed chunk that share batches, so that deleting them touches no other batches. */
export interface ChunkGroup {
  /** Value of the segment-by column. */
  readonly values: readonly string[];
  /** As the server writes times; inclusive. */
  readonly from?: string;
  /** Exclusive. */
  readonly to?: string;
  /** How many of its rows are selected. */
  readonly rows: number;
}

interface Value {
  readonly value: string;
  readonly total: number;
  readonly rows: number;
}

/** The selected rows of a compressed chunk, in groups of bounded work. @param column the segment-by column */
export async function readGroups(sql: AnySql, target: Target, column: string): Promise<ChunkGroup[]> {
  const bindings = new Bindings();
  const selected = `count(*) FILTER (WHERE ${all(target.conditions(bindings))})`;
  const values = await sql.unsafe<Value[]>(
    `SELECT e.${column} AS value, count(*)::float8 AS total, ${selected}::float8 AS rows
     FROM ${target.table} AS e GROUP BY 1 HAVING ${selected} > 0 ORDER BY 1`,
    bindings.values,
  );
  const whole = values.filter(({ total, rows }) => total === rows);
  const split = values.filter(({ total, rows }) => total !== rows);
  const large = split.filter(({ total }) => total > SPLIT_ROWS);
  const groups = [
    ...together(whole, WHOLE_ROWS),
    ...together(
      split.filter(({ total }) => total <= SPLIT_ROWS),
      SPLIT_ROWS,
    ),
  ];
  for (const { value } of large) groups.push(...(await divide(sql, target, column, value)));
  return groups;
}

function together(values: readonly Value[], most: number): ChunkGroup[] {
  const groups: { values: string[]; total: number; rows: number }[] = [];
  for (const { value, total, rows } of values) {
    const last = groups.at(-1);
    if (last !== undefined && last.total + total <= most && last.values.length < GROUP_VALUES) {
      last.values.push(value);
      last.total += total;
      last.rows += rows;
    } else groups.push({ values: [value], total, rows });
  }
  return groups.map(({ values: of, rows }) => ({ values: of, rows }));
}

/** Batches are ordered by time, so a range of time is a range of batches. */
async function divide(
  sql: AnySql,
  { table, conditions }: Target,
  column: string,
  value: string,
): Promise<ChunkGroup[]> {
  const bindings = new Bindings();
  const of = `e.${column} = ${bindings.bind(value, "text")}`;
  const selected = all(conditions(bindings));
  const ranges = await sql.unsafe<{ from: string; rows: number }[]>(
    `SELECT min(ts) AS from, count(*) FILTER (WHERE selected)::float8 AS rows
     FROM (
       SELECT e.ts, (${selected}) IS TRUE AS selected,
         -- By rank, not by row number: rows of one instant belong together.
         (rank() OVER (ORDER BY e.ts) - 1) / ${SPLIT_ROWS} AS range
       FROM ${table} AS e WHERE ${of}) AS ranked
     GROUP BY range ORDER BY range`,
    bindings.values,
  );
  return ranges.flatMap(({ from, rows }, n) => {
    const to = ranges[n + 1]?.from;
    return rows === 0 ? [] : [{ values: [value], from, rows, ...(to === undefined ? {} : { to }) }];
  });
}

/** All rows of a group, selected or not. */
export function inGroup(column: string, { values, from, to }: ChunkGroup): Conditions {
  return (bindings) => [
    `e.${column} = ANY (${bindings.bind(textArray(values), "text[]")})`,
    ...(from === undefined ? [] : [`e.ts >= ${bindings.bind(from, "timestamptz")}`]),
    ...(to === undefined ? [] : [`e.ts < ${bindings.bind(to, "timestamptz")}`]),
  ];
}
