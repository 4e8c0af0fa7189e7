import {
  COUNT_CUBES,
  COUNT_LEVEL_IDS,
  type CountDimension,
  countDimensionsOf,
  MAX_TIME_MS,
  MIN_TIME_MS,
  type ParsedAuditFilter,
  planSpan,
} from "@agent-assembly/storage-core/backend";
import { includedIn, type PositionIn } from "../audit/commit-order.js";
import { NOT_POPULATED } from "../counts/answers.js";
import { selectPacked, spanOfCells } from "../counts/counted-events-sql.js";
import { type CountState, readState, uncountedBy, within } from "../counts/state.js";
import { type CountTables, countTables } from "../counts/tables.js";
import { PAYLOAD_BYTES } from "../counts/uncount-sql.js";
import { errorCode } from "../driver/errors.js";
import { LONGEST_MAINTENANCE_MS } from "../driver/maintenance.js";
import type { Pool, TransactionSql } from "../driver/pool.js";
import { Bindings } from "../sql/bindings.js";
import { quoteLiteral } from "../sql/identifiers.js";
import { all, type Part, withinPartition } from "./slice-sql.js";

const DAY_HOURS = 24;

/** Events, and the bytes of their payloads as text. */
export interface Sized {
  readonly rows: number;
  readonly payloadBytes: number;
}

export interface SizedPart extends Sized {
  /** Whether their table is in chunks. */
  readonly isInChunks: boolean;
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

/** The events of a slice. @returns `undefined` where only the log can tell */
export async function countPart(
  sql: TransactionSql,
  tables: CountTables,
  state: CountState,
  part: Part,
): Promise<SizedPart | undefined> {
  const needed = membersOf(part);
  if (needed === undefined || (part.asOf !== undefined && !isWithin(state, part.asOf))) return undefined;
  const plan = [needed, new Set<CountDimension>([...needed, "agentId", "tool"])]
    .map((members) => planSpan(part, members))
    .find((one) => one?.cube.sized);
  if (plan === undefined) return undefined;
  const bindings = new Bindings();
  const selected = all(withinPartition({ selection: part.selection, asOf: undefined })(bindings));
  const cells = `SELECT u.events, u.size FROM (${selectPacked(tables, plan, state, bindings)}) AS c
    CROSS JOIN LATERAL unnest(c.keys, c.events, c.payload_bytes) AS u (key, events, size)
    JOIN ${tables.keys} AS e ON e.id = u.key WHERE ${selected}`;
  const included = part.asOf === undefined ? [] : includedIn(part.asOf)(bindings);
  const others = [
    ...uncountedBy(state, spanOfCells(plan)).map((one) => one(bindings)),
    ...plan.rows.map((rows) => within(rows, bindings)),
  ].map(
    (conditions) => `SELECT count(*), coalesce(sum(${PAYLOAD_BYTES}), 0)::bigint FROM ${tables.events} AS e
      WHERE ${all([...conditions, ...included, selected])}`,
  );
  const [row] = await sql.unsafe<{ rows: number; bytes: number; chunks: boolean }[]>(
    `SELECT coalesce(sum(events), 0)::float8 AS rows, coalesce(sum(size), 0)::float8 AS bytes,
       (SELECT relhassubclass FROM pg_class WHERE oid = ${quoteLiteral(tables.events)}::regclass) AS chunks
     FROM (${[cells, ...others].join(" UNION ALL ")}) AS e`,
    bindings.values,
  );
  return { rows: row?.rows ?? 0, payloadBytes: row?.bytes ?? 0, isInChunks: row?.chunks === true };
}

/** The members that a selection compares; `undefined` when it compares something else too. */
function membersOf({ selection }: Part): ReadonlySet<CountDimension> | undefined {
  const members = new Set<CountDimension>();
  for (const filter of [...(selection?.only ?? []), ...(selection?.except ?? [])] satisfies ParsedAuditFilter[]) {
    const compared = filter.from === undefined && filter.to === undefined ? countDimensionsOf(filter) : undefined;
    if (compared === undefined) return undefined;
    for (const member of compared) members.add(member);
  }
  return members;
}

/** Whether a position includes all events that are counted. */
function isWithin({ next, open }: CountState, { position }: PositionIn): boolean {
  return next <= position.next && position.open.every((xact) => xact >= next || open.includes(xact));
}
