import {
  COUNT_LEVEL_IDS,
  type CountPlan,
  type ParsedAuditFilter,
  type SubtractedSpan,
  toCellHour,
} from "@agent-assembly/storage-core/backend";
import type { Bindings } from "../sql/bindings.js";
import { filterConditions } from "../sql/event-conditions.js";
import { toTimestamp } from "../sql/timestamps.js";
import { type CountState, countedBy, uncountedBy, within } from "./state.js";
import type { CountTables } from "./tables.js";

/** What is asked of events that are counted. */
export interface CountedQuestion {
  readonly filter: ParsedAuditFilter;
  /** Columns of events that answers are grouped by. */
  readonly columns: readonly string[];
  /** The start of the slot that a time is in, an expression of `e.ts`; absent where answers are not by time. */
  readonly slot?: string | undefined;
}

/**
 * Events by slot and columns, as a query: `ts` (the start of the slot) where there is one, the columns, and `events`, how many
 * there are. One group may come in several rows, since what the cells count is followed by the events that they do not count, and
 * by those that cells would cut. What the cells count and the plan subtracts has rows with less than 0 `events`, in the slot of the
 * cell: a group may have 0 in all.
 */
export function selectCounted(
  tables: CountTables,
  question: CountedQuestion,
  plan: CountPlan,
  state: CountState,
  bindings: Bindings,
): string {
  const { slot, columns } = question;
  const conditions = filterConditions({ ...question.filter, from: undefined, to: undefined }, bindings);
  const grouped = [...(slot === undefined ? [] : [`${slot} AS ts`]), ...columns.map((column) => `e.${column}`)];
  const groupBy = grouped.length === 0 ? "" : `GROUP BY ${grouped.map((_, i) => i + 1).join(", ")}`;
  const rowsOf = (part: readonly string[]): string =>
    `SELECT ${[...grouped, "count(*) AS events"].join(", ")} FROM ${tables.events} AS e
      WHERE ${[...part, ...conditions].join(" AND ") || "TRUE"} ${groupBy}`;
  const takenOf = ({ cell, ...span }: SubtractedSpan): string => {
    const named = columns.map((column) => `e.${column}`);
    const where = [...within(span, bindings), ...countedBy(state)(bindings), ...conditions].join(" AND ");
    const events = `SELECT ${[...named, "-count(*) AS events"].join(", ")} FROM ${tables.events} AS e
      WHERE ${where} ${named.length === 0 ? "" : `GROUP BY ${named.join(", ")}`}`;
    if (slot === undefined) return events;
    const start = bindings.bind(toTimestamp(cell), "timestamptz");
    return `SELECT ${[`${slot} AS ts`, ...named, "e.events"].join(", ")} FROM (SELECT ${start} AS ts, e.* FROM (${events}) AS e) AS e`;
  };
  return [
    selectCells(tables, question, { plan, state, conditions }, bindings),
    ...uncountedBy(state, plan.counted).map((part) => rowsOf([...part(bindings)])),
    ...plan.subtracted.map(takenOf),
    ...plan.rows.map((rows) => rowsOf(within(rows, bindings))),
  ].join("\nUNION ALL\n");
}

function selectCells(
  tables: CountTables,
  { slot, columns }: CountedQuestion,
  { plan, state, conditions }: { plan: CountPlan; state: CountState; conditions: readonly string[] },
  bindings: Bindings,
): string {
  const time = slot === undefined ? "" : `${slot} AS ts, `;
  // Those that the filter leaves out are left out before they are added up.
  const keys =
    conditions.length === 0 ? "" : `JOIN ${tables.keys} AS e ON e.id = u.key WHERE ${conditions.join(" AND ")}`;
  const [ts, by] = slot === undefined ? ["", ""] : ["c.ts, ", "ts, "];
  // By key first: numbers are added up faster than by texts.
  const added = `SELECT ${ts}u.key, sum(u.events) AS events
      FROM (SELECT ${time}e.keys, e.events FROM (${selectPacked(tables, plan, state, bindings)}) AS e) AS c
      CROSS JOIN LATERAL unnest(c.keys, c.events) AS u (key, events) ${keys} GROUP BY ${by}u.key`;
  const selected = [...(slot === undefined ? [] : ["c.ts"]), ...columns.map((column) => `e.${column}`)];
  if (columns.length === 0) return `SELECT ${[...selected, "c.events"].join(", ")} FROM (${added}) AS c`;
  return `SELECT ${[...selected, "c.events"].join(", ")} FROM (${added}) AS c JOIN ${tables.keys} AS e ON e.id = c.key`;
}

/** The rows of cells of a plan: `ts`, `keys`, `events`, `payload_bytes`. */
export function selectPacked(tables: CountTables, plan: CountPlan, state: CountState, bindings: Bindings): string {
  const spans = plan.cells.map(({ level, from, to }) => {
    const [first, end] = [from, to].map((ms) => bindings.bind(toCellHour(ms), "integer"));
    return `(k.level = ${COUNT_LEVEL_IDS[level]} AND k.start >= ${first} AND k.start < ${end})`;
  });
  return `SELECT to_timestamp(k.start * 3600::float8) AS ts, k.keys, k.events, k.payload_bytes FROM ${tables.cells} AS k
    WHERE k.origin = ${bindings.bind(state.origin, "bigint")} AND k.cube = ${plan.cube.id} AND (${spans.join(" OR ")})`;
}
