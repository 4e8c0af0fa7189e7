import type { ParsedAuditFilter } from "@agent-assembly/storage-core/backend";
import type { Statement } from "../driver/statement.js";
import { plainArray } from "../sql/array-literal.js";
import { Bindings } from "../sql/bindings.js";
import { filterConditions } from "../sql/event-conditions.js";
import type { CommitOrder } from "./commit-order.js";
import type { RowPlace, RowRange } from "./history/position.js";
import { onServer, type ServerHistory } from "./history/server.js";
import { type EventRow, eventColumns } from "./rows.js";

/** Rows scanned by one read, which bounds its work for any filter. */
export const WINDOW = 2000;

/**
 * What the planner takes for the length of an array that it does not know. With a shorter one, a plan for its very values
 * would look cheaper each time, and where there are many chunks planning takes far longer than reading.
 */
const ASSUMED_RANGES = 10;
const NO_RANGE: RowRange = { first: 0, end: 0, afterSeq: undefined };

const LEAST_SEQ = "-9223372036854775808";

/** A row that a tail wants, or the last one of a full window. */
export interface WindowRow {
  readonly row: EventRow;
  readonly wanted: boolean;
  readonly place: RowPlace;
  /** Whether more rows may follow. */
  readonly last: boolean;
}

/**
 * The next {@link WINDOW} rows of some ranges, as rows for {@link windowRows}. The filter applies to the rows of the window,
 * so that a read does the same work whether many rows match or none. Fails on a server with another history, see {@link onServer}.
 * @param table quoted, with its schema
 */
export function selectWindow(
  table: string,
  filter: ParsedAuditFilter,
  ranges: readonly RowRange[],
  { origin, server, chunks }: Pick<CommitOrder, "origin" | "server" | "chunks">,
): Statement {
  const bindings = new Bindings();
  const [only, ...others] = ranges;
  const isOne = only !== undefined && others.length === 0;
  const source = isOne ? oneRange(table, only, server, bindings) : someRanges(table, ranges, server, bindings);
  const order = isOne ? "w.xact, w.seq" : "w.range, w.xact, w.seq";
  // Restored rows were committed before the tail began.
  const conditions = [`e.seq > ${bindings.bind(origin.seq, "bigint")}`, ...filterConditions(filter, bindings)];
  const wanted = conditions.join(" AND ");
  // The source has this order already. What is read is put into it by its number: to sort it costs the server more.
  const text = `SELECT ${eventColumns("e")}, (${wanted}) IS TRUE, e.xact, e.seq, e.place
    FROM (SELECT w.*, (row_number() OVER (ORDER BY ${order}))::int AS place FROM (${source}) AS w) AS e
    WHERE (${wanted}) OR e.place = ${WINDOW}`;
  // A prepared plan does not learn of a new chunk at once, but only after its rows can be seen. A statement that names the
  // chunks is planned anew for others.
  return { text: chunks === undefined ? text : `/* chunks ${chunks} */ ${text}`, values: bindings.values };
}

/** The usual case: all that was committed since. */
function oneRange(
  table: string,
  { first, end, afterSeq }: RowRange,
  server: ServerHistory,
  bindings: Bindings,
): string {
  const after = bindings.bind(afterSeq ?? LEAST_SEQ, "bigint");
  return `SELECT e.* FROM ${table} AS e
    WHERE (e.xact, e.seq) > (${bindings.bind(first, "bigint")}, ${after}) AND e.xact < ${bindings.bind(end, "bigint")}
      AND ${onServer(server, bindings)}
    ORDER BY e.xact, e.seq LIMIT ${WINDOW}`;
}

/** One index scan for each range: the rows of open transactions, of which there may be millions, are not even looked at. */
function someRanges(table: string, ranges: readonly RowRange[], server: ServerHistory, bindings: Bindings): string {
  const padding = Array.from({ length: Math.max(0, ASSUMED_RANGES - ranges.length) }, () => NO_RANGE);
  const padded = [...ranges, ...padding];
  const bounds = [
    padded.map(({ first }) => first),
    padded.map(({ end }) => end),
    padded.map(({ afterSeq }) => afterSeq ?? LEAST_SEQ),
  ].map((bound) => bindings.bind(plainArray(bound), "bigint[]"));
  return `SELECT e.*, r.range FROM unnest(${bounds.join(", ")}) WITH ORDINALITY AS r ("first", "end", "after", range)
    CROSS JOIN LATERAL (
      SELECT e.* FROM ${table} AS e WHERE r.first < r.end AND (e.xact, e.seq) > (r.first, r.after) AND e.xact < r.end
      ORDER BY e.xact, e.seq LIMIT ${WINDOW}) AS e
    WHERE ${onServer(server, bindings)}
    ORDER BY r.range, e.xact, e.seq LIMIT ${WINDOW}`;
}

/** @param rows of {@link selectWindow} @returns in the order of delivery */
export function windowRows(rows: readonly (readonly unknown[])[]): WindowRow[] {
  return rows.toSorted((a, b) => (a.at(-1) as number) - (b.at(-1) as number)).map(windowRow);
}

function windowRow(row: readonly unknown[]): WindowRow {
  const [wanted, xact, seq, place] = row.slice(-4) as [boolean, string, string, number];
  return {
    row: row as unknown as EventRow,
    wanted,
    place: { xact: Number(xact), seq: Number(seq) },
    last: place === WINDOW,
  };
}
