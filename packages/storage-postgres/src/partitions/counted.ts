import { COUNT_CUBES, COUNT_LEVEL_IDS, MAX_TIME_MS, MIN_TIME_MS } from "@agent-assembly/storage-core/backend";
import { NOT_POPULATED } from "../counts/answers.js";
import { type CountState, readState, uncountedBy } from "../counts/state.js";
import { type CountTables, countTables } from "../counts/tables.js";
import { PAYLOAD_BYTES } from "../counts/uncount-sql.js";
import { errorCode } from "../driver/errors.js";
import { LONGEST_MAINTENANCE_MS } from "../driver/maintenance.js";
import type { Pool, TransactionSql } from "../driver/pool.js";
import { Bindings } from "../sql/bindings.js";
import { all } from "./slice-sql.js";

const DAY_HOURS = 24;

/** Events, and the bytes of their payloads as text. */
export interface Sized {
  readonly rows: number;
  readonly payloadBytes: number;
}

/**
 * Work on the counts of one snapshot, which may take long.
 * @returns `undefined` where nothing is counted, and where the work has no answer
 */
export async function onCounts<T>(
  pool: Pool,
  work: (sql: TransactionSql, tables: CountTables, state: CountState) => Promise<T | undefined>,
): Promise<T | undefined> {
  const tables = countTables(pool.options.schema);
  try {
    return await pool.transaction(
      async (sql) => {
        const state = await readState(sql, tables, { statementMs: LONGEST_MAINTENANCE_MS });
        return state === undefined ? undefined : work(sql, tables, state);
      },
      { mode: "isolation level repeatable read read only", timeoutMs: LONGEST_MAINTENANCE_MS },
    );
  } catch (error) {
    if (errorCode(error) !== NOT_POPULATED) throw error;
    return undefined;
  }
}

/** The events of each UTC day that has any, by days since the epoch, ascending. */
export async function countDays(
  sql: TransactionSql,
  tables: CountTables,
  state: CountState,
): Promise<ReadonlyMap<number, Sized>> {
  const [cube] = COUNT_CUBES.filter(({ sized }) => sized);
  const bindings = new Bindings();
  const cells = `SELECT c.start / ${DAY_HOURS} AS day, u.events, u.size
    FROM ${tables.cells} AS c CROSS JOIN LATERAL unnest(c.keys, c.events, c.payload_bytes) AS u (key, events, size)
    WHERE c.origin = ${bindings.bind(state.origin, "bigint")} AND c.cube = ${cube?.id} AND c.level = ${COUNT_LEVEL_IDS.day}`;
  const ever = { from: MIN_TIME_MS, to: MAX_TIME_MS + 1 };
  const others = uncountedBy(state, ever).map(
    (part) => `SELECT floor(date_part('epoch', e.ts) / 86400)::integer AS day, count(*) AS events,
        coalesce(sum(${PAYLOAD_BYTES}), 0)::bigint AS size
      FROM ${tables.events} AS e WHERE ${all(part(bindings))} GROUP BY 1`,
  );
  const found = await sql.unsafe<{ day: number; rows: number; bytes: number }[]>(
    `SELECT day, sum(events)::float8 AS rows, sum(size)::float8 AS bytes FROM (${[cells, ...others].join(" UNION ALL ")}) AS e
     GROUP BY day ORDER BY day`,
    bindings.values,
  );
  return new Map(found.map(({ day, rows, bytes }) => [day, { rows, payloadBytes: bytes }]));
}
