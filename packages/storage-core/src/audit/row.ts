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

type Setter = (event: Writable<AuditEvent>, row: AuditEventRow) => void;

/** Unrolled: with variable names the conversion of an event takes a third longer. */
const SET_OPTIONAL: Readonly<Record<OptionalTextMember, Setter>> = {
  teamId: (event, row) => {
    if (row.teamId !== null) event.teamId = row.teamId;
  },
  orgId: (event, row) => {
    if (row.orgId !== null) event.orgId = row.orgId;
  },
  sessionId: (event, row) => {
    if (row.sessionId !== null) event.sessionId = row.sessionId;
  },
  traceId: (event, row) => {
    if (row.traceId !== null) event.traceId = row.traceId;
  },
  shadowDecision: (event, row) => {
    if (row.shadowDecision !== null) event.shadowDecision = row.shadowDecision;
  },
  matchedRuleId: (event, row) => {
    if (row.matchedRuleId !== null) event.matchedRuleId = row.matchedRuleId;
  },
};
const SETTERS = Object.values(SET_OPTIONAL);

/** The public form of a row. */
export function toAuditEvent(row: AuditEventRow): AuditEvent {
  const event: Writable<AuditEvent> = {
    ts: new Date(row.ts),
    recordedAt: new Date(row.recordedAt),
    eventId: row.eventId,
    agentId: row.agentId,
    action: row.action,
    decision: row.decision,
    dryRun: row.dryRun,
  };
  for (const set of SETTERS) set(event, row);
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

function samePayload(a: string | null, b: string | null): boolean {
  if (a === b) return true;
  if (a === null || b === null) return false;
  return canonicalJson(JSON.parse(a) as JsonValue) === canonicalJson(JSON.parse(b) as JsonValue);
}

/** What a conflict rejection says; the same on every backend. */
export const CONFLICT_REASON =
  "another event with this ts and eventId but other content is stored; the stored one was kept: give the new event an eventId of its own";
