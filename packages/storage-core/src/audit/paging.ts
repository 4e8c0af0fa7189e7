import { parseChoice, parsePage } from "../support/input.js";
import { MAX_TIME_MS, MIN_TIME_MS } from "../support/time-range.js";
import type { TokenKeys } from "../tokens/keys.js";
import { tokenInteger, tokenUuid } from "../tokens/shape.js";
import { defineToken } from "../tokens/token.js";
import type { AuditEvent } from "./event.js";
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

/** `ts` and `eventId` of the last event of a page. */
const CURSOR = defineToken("audit", [tokenInteger(MIN_TIME_MS, MAX_TIME_MS), tokenUuid()]);

/** @throws `invalid_argument` */
export function parseAuditPage(
  filter: ParsedAuditFilter,
  page: AuditPageRequest = {},
  keys?: TokenKeys | undefined,
): ParsedAuditPage {
  const { limit, cursor } = parsePage(page, ["order"]);
  const order = page.order === undefined ? "newest" : parseChoice("page.order", page.order, AUDIT_ORDERS);
  if (cursor === undefined) return { limit, order, after: undefined };
  const [ts, eventId] = CURSOR.decode("cursor", cursor, { scope: scope(filter, order), keys });
  return { limit, order, after: { ts, eventId } };
}

/**
 * Makes cursors for one filter and order. What they have in common is computed here, before the first is needed.
 * @returns the cursor behind the last event of a page
 */
export function auditCursors(
  filter: ParsedAuditFilter,
  order: AuditOrder,
  keys?: TokenKeys | undefined,
): (last: Pick<AuditEvent, "ts" | "eventId">) => string {
  const encode = CURSOR.encoder({ scope: scope(filter, order), keys });
  return ({ ts, eventId }) => encode([ts.getTime(), eventId]);
}

/** Orders by `(ts, eventId)` ascending. */
export function compareAuditKeys(a: AuditKey | AuditEventRow, b: AuditKey | AuditEventRow): number {
  if (a.ts !== b.ts) return a.ts - b.ts;
  return a.eventId < b.eventId ? -1 : a.eventId > b.eventId ? 1 : 0;
}

function scope(filter: ParsedAuditFilter, order: AuditOrder): string {
  return `${order} ${filterScope(filter)}`;
}
