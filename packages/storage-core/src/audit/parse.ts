import { describeShape } from "../support/describe.js";
import { normalizeUuid, uuidV7 } from "../support/ids.js";
import { unknownKey } from "../support/input.js";
import { type JsonValue, jsonProblem } from "../support/json.js";
import { textProblem } from "../support/text.js";
import { MAX_TIME_MS, MIN_TIME_MS } from "../support/time-range.js";
import { type AuditMember, CALLER_MEMBERS, OPTIONAL_TEXT_MEMBERS, type OptionalTextMember } from "./columns.js";
import type { ResolvedEventLimits } from "./limits.js";
import type { AuditEventRow } from "./row.js";
import type { RejectionCode } from "./store.js";
import { toolOf } from "./tool.js";

/** Why an event was rejected. */
export class EventRefusal {
  constructor(
    readonly code: RejectionCode,
    readonly reason: string,
  ) {}
}

/** `recordedAt` is ignored, so that an event read from one store can be appended to another unchanged. */
const EVENT_KEYS = [...CALLER_MEMBERS, "recordedAt"];
const KNOWN_KEYS: ReadonlySet<string> = new Set(EVENT_KEYS);

/**
 * Validates one event. Hand-written, because the per-event cost of a schema library is a large part of the time of a
 * batch insert (see the append benchmark).
 * @param now milliseconds since the epoch; becomes `recordedAt`
 */
export function parseNewEvent(input: unknown, limits: ResolvedEventLimits, now: number): AuditEventRow | EventRefusal {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    return new EventRefusal("invalid_argument", `event must be an object, got ${describeShape(input)}`);
  }
  for (const key in input) {
    if (!KNOWN_KEYS.has(key)) return new EventRefusal("invalid_argument", unknownKey("event", key, EVENT_KEYS));
  }
  const event = input as Readonly<Record<AuditMember, unknown>>;

  const ts = event.ts instanceof Date ? event.ts.getTime() : Number.NaN;
  if (Number.isNaN(ts)) {
    return new EventRefusal("invalid_argument", `ts must be a valid Date, got ${describeShape(event.ts)}`);
  }
  const refusedTime = checkTime(ts, limits, now);
  if (refusedTime !== undefined) return refusedTime;

  const eventId = event.eventId === undefined ? uuidV7(now) : normalizeUuid(event.eventId);
  if (eventId === undefined) {
    return new EventRefusal("invalid_argument", `eventId must be a UUID, got ${describeShape(event.eventId)}`);
  }

  const problem =
    required("agentId", event.agentId) ??
    required("action", event.action) ??
    required("decision", event.decision) ??
    optionalTexts(event);
  if (problem !== undefined) return new EventRefusal("invalid_argument", problem);

  const dryRun = event.dryRun ?? false;
  if (typeof dryRun !== "boolean") {
    return new EventRefusal("invalid_argument", `dryRun must be true or false, got ${describeShape(dryRun)}`);
  }

  const payload = payloadText(event.payload, limits.maxPayloadBytes);
  if (payload instanceof EventRefusal) return payload;

  return {
    ts,
    recordedAt: now,
    eventId,
    agentId: event.agentId as string,
    teamId: (event.teamId as string | undefined) ?? null,
    orgId: (event.orgId as string | undefined) ?? null,
    sessionId: (event.sessionId as string | undefined) ?? null,
    traceId: (event.traceId as string | undefined) ?? null,
    action: event.action as string,
    decision: event.decision as string,
    dryRun,
    shadowDecision: (event.shadowDecision as string | undefined) ?? null,
    matchedRuleId: (event.matchedRuleId as string | undefined) ?? null,
    tool: toolOf(event.payload),
    payload,
  };
}

function required(name: string, value: unknown): string | undefined {
  const problem = textProblem(value);
  return problem === undefined ? undefined : `${name} ${problem}`;
}

function optionalTexts(event: Readonly<Record<OptionalTextMember, unknown>>): string | undefined {
  for (const name of OPTIONAL_TEXT_MEMBERS) {
    const value = event[name];
    if (value === undefined || value === null) continue;
    const problem = required(name, value);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function checkTime(ts: number, limits: ResolvedEventLimits, now: number): EventRefusal | undefined {
  if (ts < MIN_TIME_MS || ts > MAX_TIME_MS) {
    return new EventRefusal("out_of_range", "ts must lie within the years 1 to 9999");
  }
  if (ts < now - limits.maxAgeMs) {
    return new EventRefusal(
      "out_of_range",
      `ts is ${duration(now - ts)} old, more than the accepted ${duration(limits.maxAgeMs)}; raise limits.maxAgeMs to import old events`,
    );
  }
  if (ts > now + limits.maxSkewMs) {
    return new EventRefusal(
      "out_of_range",
      `ts is ${duration(ts - now)} in the future, more than the accepted ${duration(limits.maxSkewMs)}; check the sender's clock or raise limits.maxSkewMs`,
    );
  }
  return undefined;
}

function duration(ms: number): string {
  if (ms >= 2 * 86_400_000) return `${Math.round(ms / 86_400_000)} days`;
  if (ms >= 2 * 60_000) return `${Math.round(ms / 60_000)} minutes`;
  return `${ms} ms`;
}

function payloadText(payload: unknown, maxBytes: number): string | null | EventRefusal {
  if (payload === undefined) return null;
  const problem = jsonProblem(payload);
  if (problem !== undefined) return new EventRefusal("invalid_argument", `payload ${problem}`);
  const text = JSON.stringify(payload as JsonValue);
  // A UTF-16 code unit takes at most three bytes, so most payloads need not be measured exactly.
  if (text.length * 3 > maxBytes) {
    const bytes = Buffer.byteLength(text);
    if (bytes > maxBytes) {
      return new EventRefusal(
        "too_large",
        `payload takes ${bytes} bytes as JSON, more than the accepted ${maxBytes}; shorten it, store the body elsewhere, or raise limits.maxPayloadBytes`,
      );
    }
  }
  return text;
}
