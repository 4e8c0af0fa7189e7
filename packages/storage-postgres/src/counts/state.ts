import { MAX_TIME_MS, MIN_TIME_MS } from "@agent-assembly/storage-core/backend";
import type { AnySql } from "../driver/pool.js";
import { plainArray } from "../sql/array-literal.js";
import type { Bindings, Conditions } from "../sql/bindings.js";
import { fromTimestamp, toTimestamp } from "../sql/timestamps.js";
import type { CountTables } from "./tables.js";

/** Which events the cells count, see the table `audit_count_state`. */
export interface CountState {
  /** The id of `audit_origin`, which the cells have too. */
  readonly origin: string;
  /** Events up to this number were restored from a dump. */
  readonly restored: number;
  /** The first transaction that is not counted. */
  readonly next: number;
  /** Transactions below `next` that are not counted either. */
  readonly open: readonly number[];
  /** Events of earlier times are counted, the others not; `undefined` for all times. Milliseconds since the epoch. */
  readonly countedTo: number | undefined;
  /** No transaction from this one on has ended. */
  readonly newest: number;
}

type StateRow = [
  origin: string,
  restored: string,
  next: string,
  open: string | null,
  countedTo: string,
  newest: string,
];

/** @param state a table or function that yields the row */
function selectState(tables: CountTables, state: string, further = ""): string {
  return `SELECT s.origin::text, o.seq::text, s.next::text, array_to_string(s.open, ','), s.counted_to::text,
      pg_snapshot_xmax(pg_current_snapshot())::text${further}
    FROM ${state} AS s JOIN ${tables.origin} AS o ON o.id = s.origin WHERE s.next > 0 AND s.counted_to > '-infinity'`;
}

/**
 * @param limits of the transaction's further statements
 * @returns `undefined` when nothing is counted, and when the cells belong to another history than the events
 */
export async function readState(
  sql: AnySql,
  tables: CountTables,
  limits?: { readonly statementMs: number },
): Promise<CountState | undefined> {
  // Set by the same statement, which spares a round trip.
  const limit =
    limits === undefined ? "" : `, (SELECT set_config('statement_timeout', '${limits.statementMs}', true)) AS further`;
  const found = await sql.unsafe(selectState(tables, tables.state, limit)).values();
  return stateOf(found as unknown as StateRow[]);
}

/**
 * As {@link readState}; nothing is counted until the transaction ends. To be called before events are deleted, after their table
 * is locked.
 */
export async function lockState(sql: AnySql, tables: CountTables): Promise<CountState | undefined> {
  const found = await sql.unsafe(selectState(tables, `${tables.lock}()`)).values();
  return stateOf(found as unknown as StateRow[]);
}

function stateOf([row]: readonly StateRow[]): CountState | undefined {
  if (row === undefined) return undefined;
  const [origin, restored, next, open, countedTo, newest] = row;
  return {
    origin,
    restored: Number(restored),
    next: Number(next),
    open: open === null || open === "" ? [] : open.split(",").map(Number),
    countedTo: countedTo === "infinity" ? undefined : fromTimestamp(countedTo),
    newest: Number(newest),
  };
}

/** The events that the cells count; the alias of their table is `e`. */
export function countedBy({ restored, next, open, countedTo }: CountState): Conditions {
  return (bindings) => {
    const below = [
      `e.xact < ${bindings.bind(next, "bigint")}`,
      ...(open.length === 0 ? [] : [`e.xact <> ALL (${bindings.bind(plainArray(open), "bigint[]")})`]),
    ].join(" AND ");
    const known = restored === 0 ? below : `((${below}) OR e.seq <= ${bindings.bind(restored, "bigint")})`;
    return countedTo === undefined
      ? [known]
      : [known, `e.ts < ${bindings.bind(toTimestamp(countedTo), "timestamptz")}`];
  };
}

/**
 * The events of some time that the cells do not count, as one list of conditions for each part of them: no event is in two.
 * All parts are ranges of indexes.
 * @param span milliseconds since the epoch; `to` is exclusive
 */
export function uncountedBy(state: CountState, span: { readonly from: number; readonly to: number }): Conditions[] {
  const { restored, next, open, countedTo, newest } = state;
  const until = Math.min(span.to, countedTo ?? span.to);
  const parts: Conditions[] = [];
  if (until > span.from) {
    parts.push((bindings) => {
      const later = `e.xact >= ${bindings.bind(next, "bigint")} AND e.xact < ${bindings.bind(newest, "bigint")}`;
      const one =
        open.length === 0 ? later : `((${later}) OR e.xact = ANY (${bindings.bind(plainArray(open), "bigint[]")}))`;
      return [
        one,
        ...(restored === 0 ? [] : [`e.seq > ${bindings.bind(restored, "bigint")}`]),
        ...within({ from: span.from, to: until }, bindings),
      ];
    });
  }
  if (countedTo !== undefined && countedTo < span.to) {
    parts.push((bindings) => within({ from: Math.max(span.from, countedTo), to: span.to }, bindings));
  }
  return parts;
}

/** Times of events within a span; its ends are left out where no event is beyond them. */
export function within({ from, to }: { readonly from: number; readonly to: number }, bindings: Bindings): string[] {
  return [
    ...(from <= MIN_TIME_MS ? [] : [`e.ts >= ${bindings.bind(toTimestamp(from), "timestamptz")}`]),
    ...(to > MAX_TIME_MS ? [] : [`e.ts < ${bindings.bind(toTimestamp(to), "timestamptz")}`]),
  ];
}
