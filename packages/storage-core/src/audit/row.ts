import { canonicalJson } from "../support/canonical-json.js";
import type { JsonValue } from "../support/json.js";
import { AUDIT_EVENT_COLUMNS, type AuditMember, type AuditRowMembers, type OptionalTextMember } from "./columns.js";
import type { AuditEvent } from "./event.js";

/** An event as backends store it: validated, with defaults filled in, times in milliseconds, absent members `null`. */
export interface AuditEventRow extends AuditRowMembers {
  /** Derived; see `toolOf`. */
  readonly tool: string | null;
  /** JSON text; `null` when the event has no payload (a payload of JSON null is the text `null`). */
  readonly payload: string | null;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** The members that {@link toAuditEvent} sets one by one; with one missing it does not compile. */
type SetMember = "teamId" | "orgId" | "sessionId" | "traceId" | "shadowDecision" | "matchedRuleId";

type Draft = [OptionalTextMember] extends [SetMember] ? Writable<AuditEvent> : never;

/** The public form of a row. Unrolled: with variable names it takes a third longer. */
export function toAuditEvent(row: AuditEventRow): AuditEvent {
  const event: Draft = {
    ts: new Date(row.ts),
    recordedAt: new Date(row.recordedAt),
    eventId: row.eventId,
    agentId: row.agentId,
    action: row.action,
    decision: row.decision,
    dryRun: row.dryRun,
  };
  if (row.teamId !== null) event.teamId = row.teamId;
  if (row.orgId !== null) event.orgId = row.orgId;
  if (row.sessionId !== null) event.sessionId = row.sessionId;
  if (row.traceId !== null) event.traceId = row.traceId;
  if (row.shadowDecision !== null) event.shadowDecision = row.shadowDecision;
  if (row.matchedRuleId !== null) event.matchedRuleId = row.matchedRuleId;
  if (row.payload !== null) event.payload = JSON.parse(row.payload) as JsonValue;
  return event;
}

/** All but what is derived, set by the store, or compared as JSON. */
const PLAIN_MEMBERS: readonly AuditMember[] = AUDIT_EVENT_COLUMNS.filter(
  (column) => !("origin" in column) && column.type !== "json",
).map(({ member }) => member);

/** True when a redelivery has the content of the stored event; `recordedAt` is not content. */
export function sameContent(a: AuditEventRow, b: AuditEventRow): boolean {
  return PLAIN_MEMBERS.every((member) => a[member] === b[member]) && samePayload(a.payload, b.payload);
}

/** True when two rows have the same in every column. */
export function sameRow(a: AuditEventRow, b: AuditEventRow): boolean {
  return AUDIT_EVENT_COLUMNS.every(({ member }) => a[member] === b[member]);
}

function samePayload(a: string | null, b: string | null): boolean {
  if (a === b) return true;
  if (a === null || b === null) return false;
  return canonicalJson(JSON.parse(a) as JsonValue) === canonicalJson(JSON.parse(b) as JsonValue);
}

/** What a conflict rejection says; the same on every backend. */
export const CONFLICT_REASON =
  "another event with this ts and eventId but other content is stored; the stored one was kept: give the new event an eventId of its own";
