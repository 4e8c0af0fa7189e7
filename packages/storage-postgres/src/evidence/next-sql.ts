import type { AuditKey, EvidenceEvent, EvidenceSlice, RowPlaces } from "@agent-assembly/storage-core/backend";
import type { CommitOrder } from "../audit/commit-order.js";
import type { Position, RowPlace, RowRange } from "../audit/history/position.js";
import { onServer } from "../audit/history/server.js";
import { type EventRow, eventColumns, fromRow } from "../audit/rows.js";
import type { Statement } from "../driver/statement.js";
import { plainArray } from "../sql/array-literal.js";
import { Bindings, type Value } from "../sql/bindings.js";
import { toTimestamp } from "../sql/timestamps.js";
import type { RestoredPosition, SealedPosition } from "./position.js";

const LEAST_SEQ = "-9223372036854775808";

/** A row that sealing comes to, and its place in the order of commits. */
export interface PlacedEvent extends EvidenceEvent {
  readonly place: RowPlace;
  /** Of a row that was restored: its leaf. */
  readonly move:
    | { readonly log: number; readonly leaf: number; readonly archive: string; readonly manifest: string }
    | undefined;
}

/** The tables of {@link selectNext}, quoted, with their schema. */
interface NextTables {
  readonly events: string;
  readonly moved: string;
}

/**
 * The next rows of some ranges, in their order: one index scan for each, so that the rows of open transactions are not looked at.
 * Fails on a server with another history.
 */
export function selectNext(
  tables: NextTables,
  ranges: readonly RowRange[],
  { origin, server, chunks }: Pick<CommitOrder, "origin" | "server" | "chunks">,
  limit: number,
): Statement {
  const bindings = new Bindings();
  const bounds = [
    ranges.map(({ first }) => first),
    ranges.map(({ end }) => end),
    ranges.map(({ afterSeq }) => afterSeq ?? LEAST_SEQ),
  ].map((bound) => bindings.bind(plainArray(bound), "bigint[]"));
  const most = bindings.bind(limit, "bigint");
  const text = `SELECT ${eventColumns("e")}, ${MOVE_COLUMNS}, e.xact, e.seq
    FROM unnest(${bounds.join(", ")}) WITH ORDINALITY AS r ("first", "end", "after", range)
    CROSS JOIN LATERAL (
      SELECT e.* FROM ${tables.events} AS e
      WHERE (e.xact, e.seq) > (r.first, r.after) AND e.xact < r.end AND e.seq > ${bindings.bind(origin.seq, "bigint")}
      ORDER BY e.xact, e.seq LIMIT ${most}) AS e
    LEFT JOIN ${tables.moved} AS m ON m.seq = e.seq
    WHERE ${onServer(server, bindings)}
    ORDER BY r.range, e.xact, e.seq LIMIT ${most}`;
  // A prepared plan does not learn of a new chunk at once; a statement that names the chunks is planned anew for others.
  return { text: chunks === undefined ? text : `/* chunks ${chunks} */ ${text}`, values: bindings.values };
}

/** The next rows that a dump brought along, in the order of their transactions on the other server. */
export function selectRestored(
  tables: NextTables,
  restored: RestoredPosition,
  { origin, server }: Pick<CommitOrder, "origin" | "server">,
  limit: number,
): Statement {
  const bindings = new Bindings();
  const { at } = restored;
  const conditions = [
    `e.seq <= ${bindings.bind(origin.seq, "bigint")}`,
    `e.seq > ${bindings.bind(restored.below, "bigint")}`,
    `NOT (${includedBy(restored, bindings)})`,
    ...(at === undefined
      ? []
      : [`(e.xact, e.seq) > (${bindings.bind(at.xact, "bigint")}, ${bindings.bind(at.seq, "bigint")})`]),
    onServer(server, bindings),
  ];
  const text = `SELECT ${eventColumns("e")}, ${MOVE_COLUMNS}, e.xact, e.seq FROM ${tables.events} AS e
    LEFT JOIN ${tables.moved} AS m ON m.seq = e.seq WHERE ${conditions.join(" AND ")}
    ORDER BY e.xact, e.seq LIMIT ${bindings.bind(limit, "bigint")}`;
  return { text, values: bindings.values };
}

const MOVE_COLUMNS = "m.log, m.leaf, m.archive, m.manifest";

/** @param row of {@link selectNext} or {@link selectRestored} */
export function toPlacedEvent(row: readonly unknown[]): PlacedEvent {
  type Added = [log: number | null, leaf: string, archive: string, manifest: string, xact: string, seq: string];
  const [log, leaf, archive, manifest, xact, seq] = row.slice(-6) as Added;
  const place = { xact: Number(xact), seq: Number(seq) };
  const move = log === null ? undefined : { log, leaf: Number(leaf), archive, manifest };
  return { seq: place.seq, event: fromRow(row as unknown as EventRow), place, move };
}

/** The rows to seal, and those that have a leaf. A row of which several leaves were said comes once for each. */
export function sliceOf(found: readonly PlacedEvent[]): Pick<EvidenceSlice, "events" | "restored"> {
  const events: EvidenceEvent[] = [];
  const restored: EvidenceSlice["restored"][number][] = [];
  for (const { seq, event, place, move } of found) {
    if (move === undefined) events.push({ seq, event, transaction: place.xact });
    else restored.push({ seq, event, ...move });
  }
  return { events, restored };
}

/** The rows with these numbers, of which there is at least one. */
export function selectRows(table: string, seqs: readonly number[], places: RowPlaces | undefined): Statement {
  const bindings = new Bindings();
  const conditions: string[] = [];
  const within = (column: string, type: string, values: readonly Value[]): void => {
    const [first, last] = values.map((value) => bindings.bind(value, type));
    conditions.push(`${column} BETWEEN ${first} AND ${last}`);
  };
  if (places !== undefined) {
    const { from, to, transactions } = places;
    within("e.ts", "timestamptz", [toTimestamp(from), toTimestamp(to)]);
    if (transactions !== undefined) within("e.xact", "bigint", [transactions.first, transactions.last]);
  }
  within("e.seq", "bigint", [seqs.reduce((a, b) => Math.min(a, b)), seqs.reduce((a, b) => Math.max(a, b))]);
  // Not a condition of the index, which the server would walk once for each number.
  conditions.push(`e.seq + 0 = ANY (${bindings.bind(plainArray(seqs), "bigint[]")})`);
  const text = `SELECT ${eventColumns("e")}, e.seq FROM ${table} AS e WHERE ${conditions.join(" AND ")}`;
  return { text, values: bindings.values };
}

/** The keys of the rows that a position includes, behind one. */
export function selectKeys(
  table: string,
  position: SealedPosition,
  after: AuditKey | undefined,
  { origin, server }: Pick<CommitOrder, "origin" | "server">,
  limit: number,
): Statement {
  const bindings = new Bindings();
  const here = `e.seq > ${bindings.bind(origin.seq, "bigint")} AND (${includedBy(position, bindings)})`;
  const conditions = [
    `((${here}) OR (${restoredSealed(position, origin.seq, bindings)}))`,
    ...(after === undefined
      ? []
      : [
          `(e.ts, e.event_id) > (${bindings.bind(toTimestamp(after.ts), "timestamptz")}, ${bindings.bind(after.eventId, "uuid")})`,
        ]),
    onServer(server, bindings),
  ];
  const text = `SELECT e.seq, e.ts, e.event_id FROM ${table} AS e WHERE ${conditions.join(" AND ")}
    ORDER BY e.ts, e.event_id LIMIT ${bindings.bind(limit, "bigint")}`;
  return { text, values: bindings.values };
}

function restoredSealed({ restored }: SealedPosition, originSeq: number, bindings: Bindings): string {
  const ofDump = `e.seq <= ${bindings.bind(originSeq, "bigint")}`;
  if (restored === undefined) return ofDump;
  const { at, below } = restored;
  const alternatives = [
    `e.seq <= ${bindings.bind(below, "bigint")}`,
    `(${includedBy(restored, bindings)})`,
    ...(at === undefined
      ? []
      : [`(e.xact, e.seq) <= (${bindings.bind(at.xact, "bigint")}, ${bindings.bind(at.seq, "bigint")})`]),
  ];
  return `${ofDump} AND (${alternatives.join(" OR ")})`;
}

function includedBy({ next, open, part }: Position, bindings: Bindings): string {
  const below = `e.xact < ${bindings.bind(next, "bigint")} AND e.xact <> ALL (${bindings.bind(plainArray(open), "bigint[]")})`;
  if (part === undefined) return below;
  return `(${below}) OR (e.xact = ${bindings.bind(part.xact, "bigint")} AND e.seq <= ${bindings.bind(part.seq, "bigint")})`;
}
