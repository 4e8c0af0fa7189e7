import { canonicalJson } from "../support/canonical-json.js";
import type { JsonValue } from "../support/json.js";
import type { AuditEvent } from "./event.js";
import type { NormalizedEvent } from "./parse.js";

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** The public form of a stored event. */
export function toAuditEvent(stored: NormalizedEvent): AuditEvent {
  const event: Writable<AuditEvent> = {
    ts: new Date(stored.ts),
    recordedAt: new Date(stored.recordedAt),
    eventId: stored.eventId,
    agentId: stored.agentId,
    action: stored.action,
    decision: stored.decision,
    dryRun: stored.dryRun,
  };
  if (stored.teamId !== null) event.teamId = stored.teamId;
  if (stored.orgId !== null) event.orgId = stored.orgId;
  if (stored.sessionId !== null) event.sessionId = stored.sessionId;
  if (stored.traceId !== null) event.traceId = stored.traceId;
  if (stored.shadowDecision !== null) event.shadowDecision = stored.shadowDecision;
  if (stored.matchedRuleId !== null) event.matchedRuleId = stored.matchedRuleId;
  if (stored.payload !== null) event.payload = JSON.parse(stored.payload) as JsonValue;
  return event;
}

/** True when a redelivery has the content of the stored event; `recordedAt` is not content. */
export function sameContent(a: NormalizedEvent, b: NormalizedEvent): boolean {
  return (
    a.ts === b.ts &&
    a.eventId === b.eventId &&
    a.agentId === b.agentId &&
    a.teamId === b.teamId &&
    a.orgId === b.orgId &&
    a.sessionId === b.sessionId &&
    a.traceId === b.traceId &&
    a.action === b.action &&
    a.decision === b.decision &&
    a.dryRun === b.dryRun &&
    a.shadowDecision === b.shadowDecision &&
    a.matchedRuleId === b.matchedRuleId &&
    samePayload(a.payload, b.payload)
  );
}

function samePayload(a: string | null, b: string | null): boolean {
  if (a === b) return true;
  if (a === null || b === null) return false;
  return canonicalJson(JSON.parse(a) as JsonValue) === canonicalJson(JSON.parse(b) as JsonValue);
}

/** What a conflict rejection says; the same on every backend. */
export const CONFLICT_REASON =
  "another event with this ts and eventId but other content is stored; the stored one was kept: give the new event an eventId of its own";
