import type { AuditOrder } from "@agent-assembly/storage-core";
import type { AuditKey, ParsedAuditFilter } from "@agent-assembly/storage-core/backend";
import { type Condition, whereFilter } from "../sql/filter.js";
import { SELECT_COLUMNS } from "./rows.js";

/** One page behind a key, in order. */
export function selectPage(
  filter: ParsedAuditFilter,
  order: AuditOrder,
  after: AuditKey | undefined,
  limit: number,
): Condition {
  const comparison = order === "newest" ? "<" : ">";
  const direction = order === "newest" ? "DESC" : "ASC";
  const extra =
    after === undefined ? [] : [{ sql: `(e.ts, e.event_id) ${comparison} (?, ?)`, values: [after.ts, after.eventId] }];
  // The key replaces the border that lies before it: of the two, the planner would take the border and begin there again.
  const border = order === "newest" ? "to" : "from";
  const where = whereFilter(after === undefined ? filter : { ...filter, [border]: undefined }, extra);
  return {
    sql: `SELECT ${SELECT_COLUMNS} FROM audit_events AS e ${where.sql} ORDER BY e.ts ${direction}, e.event_id ${direction} LIMIT ?`,
    values: [...where.values, limit],
  };
}

/**
 * Whether an index yields exactly the wanted rows in order, so that a page costs no more than its own rows: only then may
 * a read run on the main thread.
 */
export function isIndexServed(filter: ParsedAuditFilter): boolean {
  if (filter.payload.length > 0 || filter.dryRun === false) return false;
  if (filter.dryRun === true) return filter.texts.length === 0;
  return filter.texts.every(({ field, values }) => field === "agentId" && values.length === 1);
}
