import { decodeCursor, encodeCursor } from "../support/cursor.js";
import { parseChoice, parsePage } from "../support/input.js";
import { filterScope, type ParsedAuditFilter } from "./filter.js";
import type { AuditEventRow } from "./row.js";
import type { AuditOrder, AuditPageRequest } from "./store.js";

/** Orders in which events can be read, by `ts` and then by `eventId`. */
export const AUDIT_ORDERS: readonly AuditOrder[] = ["newest", "oldest"];

/** The last event already seen. */
export interface AuditKey {
  readonly ts: number;
  readonly eventId: string;
}

export interface ParsedAuditPage {
  readonly limit: number;
  readonly order: AuditOrder;
  /** The page starts behind this key. */
  readonly after: AuditKey | undefined;
}

/** @throws `invalid_argument` */
export function parseAuditPage(filter: ParsedAuditFilter, page: AuditPageRequest = {}): ParsedAuditPage {
  const { limit, cursor } = parsePage(page, ["order"]);
  const order = page.order === undefined ? "newest" : parseChoice("page.order", page.order, AUDIT_ORDERS);
  if (cursor === undefined) return { limit, order, after: undefined };
  const [ts, eventId] = decodeCursor(scope(filter, order), cursor);
  return { limit, order, after: { ts: ts as number, eventId: eventId as string } };
}

export function auditCursor(filter: ParsedAuditFilter, order: AuditOrder, last: AuditKey): string {
  return encodeCursor(scope(filter, order), [last.ts, last.eventId]);
}

/** Orders by `(ts, eventId)` ascending. */
export function compareAuditKeys(a: AuditKey | AuditEventRow, b: AuditKey | AuditEventRow): number {
  if (a.ts !== b.ts) return a.ts - b.ts;
  return a.eventId < b.eventId ? -1 : a.eventId > b.eventId ? 1 : 0;
}

function scope(filter: ParsedAuditFilter, order: AuditOrder): string {
  return `audit ${order} ${filterScope(filter)}`;
}
