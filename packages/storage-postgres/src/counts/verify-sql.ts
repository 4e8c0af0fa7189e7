import {
  AUDIT_COLUMN_OF,
  COUNT_CUBES,
  COUNT_DIMENSIONS,
  COUNT_LEVEL_IDS,
  type CountCube,
  type CountDimension,
} from "@agent-assembly/storage-core/backend";
import type { Statement } from "../driver/statement.js";
import { Bindings } from "../sql/bindings.js";
import { type CountState, countedBy } from "./state.js";
import type { CountTables } from "./tables.js";
import { PAYLOAD_BYTES } from "./uncount-sql.js";

/** A cell that differs, and how many of its cube and level do. */
export interface Difference {
  readonly cube: number;
  readonly level: number;
  /** In hours since the epoch. */
  readonly start: number;
  /** A JSON object of members by column; `null` where the cell has a combination that there is not. */
  readonly members: string | null;
  readonly expected: string;
  readonly actual: string;
  readonly cells: string;
}

const COUNTED = "floor(date_part('epoch', e.ts) / 3600)::integer";
const DAY = "(floor(e.start / 24.0::float8) * 24)::integer";
const MONTH = "(date_part('epoch', date_trunc('month', to_timestamp(e.start * 3600::float8), 'UTC')) / 3600)::integer";

/** Compares the finest cells of each cube with the events that they count. */
export function selectWrongFinest(tables: CountTables, state: CountState): Statement {
  const bindings = new Bindings();
  const events = countedBy(state)(bindings).join(" AND ");
  const expected = COUNT_CUBES.map((cube) => {
    const level = finestOf(cube);
    const start = level === COUNT_LEVEL_IDS.hour ? "e.start" : DAY;
    const size = cube.sized ? "sum(e.size)::bigint" : "NULL::bigint";
    return `SELECT ${cube.id} AS cube, ${level} AS level, ${start} AS start, ${membersOf(cube)} AS members,
        sum(e.events)::bigint AS events, ${size} AS size FROM events AS e GROUP BY 1, 2, 3, 4`;
  });
  const finest = COUNT_CUBES.map((cube) => `(c.cube = ${cube.id} AND c.level = ${finestOf(cube)})`).join(" OR ");
  const actual = `SELECT c.cube, c.level, c.start, CASE c.cube ${COUNT_CUBES.map((cube) => `WHEN ${cube.id} THEN ${membersOf(cube)}`).join(" ")} END AS members,
      sum(u.events)::bigint AS events, sum(u.size)::bigint AS size
    FROM ${tables.cells} AS c CROSS JOIN LATERAL unnest(c.keys, c.events, c.payload_bytes) AS u (key, events, size)
    LEFT JOIN ${tables.keys} AS e ON e.id = u.key AND e.cube = c.cube
    WHERE c.origin = ${bindings.bind(state.origin, "bigint")} AND (${finest}) GROUP BY 1, 2, 3, 4`;
  const text = `WITH events AS MATERIALIZED (
      SELECT ${COUNTED} AS start, ${COUNT_DIMENSIONS.map((member) => `e.${AUDIT_COLUMN_OF[member]}`).join(", ")},
        count(*) AS events, coalesce(sum(${PAYLOAD_BYTES}), 0) AS size
      FROM ${tables.events} AS e WHERE ${events} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8),
    expected AS (${expected.join("\nUNION ALL\n")}),
    actual AS (${actual})
    ${differences("members")}`;
  return { text, values: bindings.values };
}

/** Compares the cells of days and months with the cells that they consist of. */
export function selectWrongSums(tables: CountTables, state: CountState): Statement {
  const bindings = new Bindings();
  const origin = bindings.bind(state.origin, "bigint");
  const cells = `SELECT c.cube, c.level, c.start, u.key, sum(u.events)::bigint AS events, sum(u.size)::bigint AS size
    FROM ${tables.cells} AS c CROSS JOIN LATERAL unnest(c.keys, c.events, c.payload_bytes) AS u (key, events, size)
    WHERE c.origin = ${origin} GROUP BY 1, 2, 3, 4`;
  const known = COUNT_CUBES.map((cube) => `(c.cube = ${cube.id} AND c.level > ${finestOf(cube)} AND c.level <= 3)`);
  const finest = COUNT_CUBES.map((cube) => `(c.cube = ${cube.id} AND c.level = ${finestOf(cube)})`);
  const text = `WITH cells AS MATERIALIZED (${cells}),
    expected AS (
      SELECT e.cube, e.level + 1 AS level, CASE e.level WHEN 1 THEN ${DAY} ELSE ${MONTH} END AS start, e.key,
        sum(e.events)::bigint AS events, sum(e.size)::bigint AS size
      FROM cells AS e WHERE e.level IN (1, 2) GROUP BY 1, 2, 3, 4),
    -- With cells of cubes and levels that there are not.
    actual AS (SELECT * FROM cells AS c WHERE ${known.join(" OR ")} OR NOT (${finest.join(" OR ")}))
    ${differences("key")}`;
  return { text, values: bindings.values };
}

/** What is only in one of the tables "expected" and "actual", or differs: one row for each cube and level. */
function differences(by: "members" | "key"): string {
  const members = by === "members" ? "members::text" : "NULL::text";
  return `, wrong AS (
      SELECT coalesce(x.cube, a.cube) AS cube, coalesce(x.level, a.level) AS level, coalesce(x.start, a.start) AS start,
        coalesce(x.${by}, a.${by}) AS ${by}, coalesce(x.events, 0) AS expected, coalesce(a.events, 0) AS actual, x.size, a.size AS other
      FROM expected AS x FULL JOIN actual AS a
        ON a.cube = x.cube AND a.level = x.level AND a.start = x.start AND a.${by} = x.${by}
      WHERE x.events IS DISTINCT FROM a.events OR x.size IS DISTINCT FROM a.size)
    SELECT DISTINCT ON (cube, level) cube, level, start, ${members} AS members,
      expected || coalesce(' (' || size || ' bytes)', '') AS expected, actual || coalesce(' (' || other || ' bytes)', '') AS actual,
      count(*) OVER (PARTITION BY cube, level)::text AS cells
    FROM wrong ORDER BY cube, level, start, ${by}`;
}

/** One text for each combination, as JSON, of the columns of the alias `e`; NULL where there is no combination. */
function membersOf({ dimensions }: CountCube): string {
  const columns = dimensions.map((member: CountDimension) => AUDIT_COLUMN_OF[member]);
  const object = columns.map((column) => `'${column}', e.${column}`).join(", ");
  return `jsonb_build_object(${object})`;
}

function finestOf({ levels }: CountCube): number {
  return Math.min(...levels.map((level) => COUNT_LEVEL_IDS[level]));
}
