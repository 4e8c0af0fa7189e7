import type { AuditKey, ParsedAuditFilter, ParsedSlice } from "@agent-assembly/storage-core/backend";
import { SELECT_COLUMNS } from "../audit/rows.js";
import { PAYLOAD_BYTES } from "../counts/layout.js";
import { type Condition, joined, matchesFilter } from "../sql/filter.js";
import { NEWEST_SEQ } from "../sql/newest-seq.js";

/** Approximate bytes of a row without its payload, with its index entries. */
export const ROW_BYTES = 250;

/** Approximate size of a row `e`. */
export const SIZE = `${ROW_BYTES} + ${PAYLOAD_BYTES}`;

/** Whether the hold `h` is in force and covers the row `e`. */
const COVERS = `h.released_at IS NULL
  AND (h.agent_id IS NULL OR h.agent_id = e.agent_id) AND (h.team_id IS NULL OR h.team_id = e.team_id)
  AND (h.covers_from IS NULL OR e.ts >= h.covers_from) AND (h.covers_to IS NULL OR e.ts < h.covers_to)`;
const HELD = `EXISTS (SELECT 1 FROM legal_holds AS h WHERE ${COVERS})`;

/** Whether any hold is in force. */
export const ANY_HOLD = "SELECT EXISTS (SELECT 1 FROM legal_holds WHERE released_at IS NULL)";

/** Rows under a hold among those with the given sequence numbers, a JSON array. */
export const COUNT_HELD = `SELECT count(*) FROM json_each(?) AS s JOIN audit_events AS e ON e.seq = s.value WHERE ${HELD}`;

/** The sequence numbers are a JSON array. */
export const DELETE_ROWS = "DELETE FROM audit_events WHERE seq IN (SELECT value FROM json_each(?))";

/** A slice with its position as a sequence number. */
export type PartOfLog = Pick<ParsedSlice, "from" | "to" | "selection"> & { readonly last: number | undefined };

/** One row: how many rows, their size, and the newest sequence number at that moment. */
export function selectMeasure(part: PartOfLog): Condition {
  const { sql, values } = matchesPart(part);
  return {
    sql: `SELECT count(*), coalesce(sum(${SIZE}), 0), (${NEWEST_SEQ}) FROM audit_events AS e WHERE ${sql}`,
    values,
  };
}

/** One row: how many rows, how many of them are under a hold, and the newest sequence number at that moment. */
export function selectCount(part: PartOfLog, holds: boolean): Condition {
  const { sql, values } = matchesPart(part);
  // Holds are checked only if there are any: without them the count needs only the index.
  const held = holds ? `coalesce(sum(${HELD}), 0)` : "0";
  return { sql: `SELECT count(*), ${held}, (${NEWEST_SEQ}) FROM audit_events AS e WHERE ${sql}`, values };
}

/** One row: how many holds cover some of the part's rows. */
export function selectHolds(part: PartOfLog): Condition {
  const { sql, values } = matchesPart(part);
  const covering = `SELECT 1 FROM audit_events AS e WHERE ${sql} AND ${COVERS}`;
  return { sql: `SELECT count(*) FROM legal_holds AS h WHERE EXISTS (${covering})`, values };
}

/** The part's next events behind a key, oldest first, each with its sequence number behind its columns. */
export function selectEvents(part: PartOfLog, after: AuditKey | undefined, limit: number): Condition {
  return selectNext(`${SELECT_COLUMNS}, e.seq`, part, after, limit);
}

/** Sequence number and key of the part's next rows behind a key, oldest first. */
export function selectKeys(part: PartOfLog, after: AuditKey | undefined, limit: number): Condition {
  return selectNext("e.seq, e.ts, e.event_id", part, after, limit);
}

/** Forces a walk along the key: each row is read once over all pages, even if few rows match the selection. */
function selectNext(columns: string, part: PartOfLog, after: AuditKey | undefined, limit: number): Condition {
  const range: Condition =
    after === undefined
      ? { sql: "e.ts >= ? AND e.ts < ?", values: [part.from, part.to] }
      : // Without the partition's start, from which the planner would begin again.
        { sql: "(e.ts, e.event_id) > (?, ?) AND e.ts < ?", values: [after.ts, after.eventId, part.to] };
  const { sql, values } = allOf([range, ...selectedRows(part)]);
  return {
    sql: `SELECT ${columns} FROM audit_events AS e INDEXED BY audit_events_key WHERE ${sql} ORDER BY e.ts, e.event_id LIMIT ?`,
    values: [...values, limit],
  };
}

function matchesPart(part: PartOfLog): Condition {
  return allOf([{ sql: "e.ts >= ? AND e.ts < ?", values: [part.from, part.to] }, ...selectedRows(part)]);
}

/** Conditions for the selected rows in the range of a partition. */
export function selectedRows({ selection, last }: PartOfLog): Condition[] {
  const conditions: Condition[] = last === undefined ? [] : [{ sql: "e.seq <= ?", values: [last] }];
  if (selection?.only !== undefined) conditions.push(anyOf(selection.only));
  if (selection !== undefined && selection.except.length > 0) {
    const { sql, values } = anyOf(selection.except);
    // A missing value compares as NULL, which does not match.
    conditions.push({ sql: `(${sql}) IS NOT TRUE`, values });
  }
  return conditions;
}

function anyOf(filters: readonly ParsedAuditFilter[]): Condition {
  return joined(filters.map(matchesFilter), " OR ", "FALSE");
}

export function allOf(parts: readonly Condition[]): Condition {
  return { sql: parts.map(({ sql }) => sql).join(" AND "), values: parts.flatMap(({ values }) => values) };
}
