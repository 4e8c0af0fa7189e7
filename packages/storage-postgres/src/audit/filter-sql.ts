import type { AuditOrder } from "@agent-assembly/storage-core";
import type { AuditKey, AuditTextField, ParsedAuditFilter } from "@agent-assembly/storage-core/backend";
import type { Statement } from "../driver/statement.js";
import { Bindings, type Conditions } from "../sql/bindings.js";
import { whereFilter } from "../sql/event-conditions.js";
import { toTimestamp } from "../sql/timestamps.js";
import { eventColumns } from "./rows.js";

/**
 * One page behind a key, in order.
 * @param table quoted, with its schema
 * @param limit a whole number; without one all of them
 * @param conditions what else must be true
 * @param columns expressions of `e` to select; default: those of an event
 */
export function selectPage(
  table: string,
  filter: ParsedAuditFilter,
  order: AuditOrder,
  after: AuditKey | undefined,
  limit?: number | undefined,
  conditions: Conditions = () => [],
  columns?: string | undefined,
): Statement {
  const bindings = new Bindings();
  const where = whereFilter(filter, bindings, [
    ...(after === undefined ? [] : behind(after, order, bindings)),
    ...conditions(bindings),
  ]);
  const direction = order === "newest" ? "DESC" : "ASC";
  const ordered = `ORDER BY e.ts ${direction}, e.event_id ${direction}`;
  const most = limit === undefined ? undefined : limitOf(limit, bindings);
  const source =
    most !== undefined && isOfOne(filter) ? firstOfOne(table, where, direction, most) : `${table} AS e ${where}`;
  const end = most === undefined ? "" : ` LIMIT ${most}`;
  const text = `SELECT ${columns ?? eventColumns("e")} FROM ${source} ${ordered}${end}`;
  return { text, values: bindings.values };
}

/** What has an index of its own, by time. */
const OF_ONE: readonly AuditTextField[] = ["agentId", "sessionId", "traceId"];

/** Whether all events are of one agent, session or trace. */
function isOfOne({ texts }: ParsedAuditFilter): boolean {
  return texts.some(({ field, values }) => values.length === 1 && OF_ONE.includes(field));
}

/**
 * The first rows by time alone, which is what the indexes know, and all that have the same time as the last of them: so the server
 * cannot choose to sort all rows by time and id.
 */
function firstOfOne(table: string, where: string, direction: string, most: string): string {
  return `(SELECT e.* FROM ${table} AS e ${where} ORDER BY e.ts ${direction} FETCH FIRST (${most}) ROWS WITH TIES) AS e`;
}

/** The limits that were asked for first, of the thousand that there are: a connection keeps each statement it has prepared. */
const WRITTEN_LIMITS = new Set<number>();
const MOST_WRITTEN_LIMITS = 16;

/** Written out, for a limit that it does not know makes the server assume a tenth of the rows, and plan each execution anew. */
function limitOf(limit: number, bindings: Bindings): string {
  if (WRITTEN_LIMITS.size < MOST_WRITTEN_LIMITS) WRITTEN_LIMITS.add(limit);
  return WRITTEN_LIMITS.has(limit) ? String(limit) : bindings.bind(limit, "bigint");
}

/** The first condition says nothing new, but it alone tells TimescaleDB which chunks to leave out. */
function behind(after: AuditKey, order: AuditOrder, bindings: Bindings): string[] {
  const comparison = order === "newest" ? "<" : ">";
  const ts = bindings.bind(toTimestamp(after.ts), "timestamptz");
  const eventId = bindings.bind(after.eventId, "uuid");
  return [`e.ts ${comparison}= ${ts}`, `(e.ts, e.event_id) ${comparison} (${ts}, ${eventId})`];
}

export function selectCount(table: string, filter: ParsedAuditFilter): Statement {
  const bindings = new Bindings();
  const where = whereFilter(filter, bindings);
  return { text: `SELECT count(*) FROM ${table} AS e ${where}`, values: bindings.values };
}
