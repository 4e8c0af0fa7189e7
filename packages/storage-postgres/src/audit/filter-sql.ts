import type { AuditOrder } from "@agent-assembly/storage-core";
import type { AuditKey, ParsedAuditFilter } from "@agent-assembly/storage-core/backend";
import type { Statement } from "../driver/statement.js";
import { Bindings, type Conditions } from "../sql/bindings.js";
import { whereFilter } from "../sql/event-conditions.js";
import { toTimestamp } from "../sql/timestamps.js";
import { eventColumns } from "./rows.js";

/** What is read of a store. */
export interface PageQuery {
  /** Quoted, with its schema. */
  readonly table: string;
  readonly filter: ParsedAuditFilter;
  readonly order: AuditOrder;
  /** Begin behind it. */
  readonly after: AuditKey | undefined;
  /** What else must be true. */
  readonly conditions?: Conditions | undefined;
  /** Expressions of `e` to select. @default those of an event */
  readonly columns?: string | undefined;
}

/** One page behind a key, in order. @param limit a whole number; without one all of them */
export function selectPage(query: PageQuery, limit?: number | undefined): Statement {
  const bindings = new Bindings();
  const direction = directionOf(query);
  const end = limit === undefined ? "" : ` LIMIT ${limitOf(limit, bindings)}`;
  const text = `${selectUnordered(query, bindings)} ORDER BY e.ts ${direction}, e.event_id ${direction}${end}`;
  return { text, values: bindings.values };
}

/**
 * The rows of a page that come first by time alone, which is all that the index of an agent, a session or a trace knows, with those
 * that have the same time as the last of them. Asked for the order of ids too, the server would sort what the index gives in groups,
 * or, where it lacks statistics, all rows of the agent.
 * @param ties rows beyond the limit, at most
 */
export function selectFirst(query: PageQuery, limit: number, ties: number): Statement {
  const bindings = new Bindings();
  const direction = directionOf(query);
  const select = selectUnordered(query, bindings);
  const most = limitOf(limit, bindings);
  const first = `${select} ORDER BY e.ts ${direction} FETCH FIRST (${most}) ROWS WITH TIES`;
  return { text: `SELECT * FROM (${first}) AS e LIMIT ${most} + ${ties}`, values: bindings.values };
}

function directionOf({ order }: PageQuery): "DESC" | "ASC" {
  return order === "newest" ? "DESC" : "ASC";
}

function selectUnordered({ table, filter, order, after, conditions, columns }: PageQuery, bindings: Bindings): string {
  const where = whereFilter(filter, bindings, [
    ...(after === undefined ? [] : behind(after, order, bindings)),
    ...(conditions?.(bindings) ?? []),
  ]);
  return `SELECT ${columns ?? eventColumns("e")} FROM ${table} AS e ${where}`;
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
