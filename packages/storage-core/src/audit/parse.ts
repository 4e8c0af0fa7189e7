import { describeShape } from "../support/describe.js";
import { parseUuid, uuidV7 } from "../support/ids.js";
import { unknownKey } from "../support/input.js";
import { checkJson, type JsonValue, MUCH_TOO_LARGE } from "../support/json.js";
import { textProblem } from "../support/text.js";
import { MAX_TIME_MS, MIN_TIME_MS } from "../support/time-range.js";
import { type AuditMember, CALLER_MEMBERS } from "./columns.js";
import type { ResolvedEventLimits } from "./limits.js";
import type { AuditEventRow } from "./row.js";
import type { RejectionCode } from "./store.js";
import { toolOf } from "./tool.js";

/** Why an event was rejected. */
export class EventRefusal {
  /**
   * @param reason begins with the member it is about
   * @param member absent when the event as a whole is at fault
   */
  constructor(
    readonly code: RejectionCode,
    readonly reason: string,
    readonly member?: AuditMember,
  ) {}
}

/** `recordedAt` is ignored, so that an event read from one store can be appended to another unchanged. */
const EVENT_KEYS = [...CALLER_MEMBERS, "recordedAt"];
const KNOWN_KEYS: ReadonlySet<string> = new Set(EVENT_KEYS);

/**
 * Validates one event. Hand-written and unrolled, because the per-event cost of a schema library is a large part of the time
 * of a batch insert (see the append benchmark).
 * @param now milliseconds since the epoch; becomes `recordedAt`
 */
export function parseNewEvent(input: unknown, limits: ResolvedEventLimits, now: number): AuditEventRow | EventRefusal {
  try {
    return parseEvent(input, limits, now);
  } catch (refusal) {
    if (refusal instanceof EventRefusal) return refusal;
    throw refusal;
  }
}

/** @throws EventRefusal */
function parseEvent(input: unknown, limits: ResolvedEventLimits, now: number): AuditEventRow {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw invalid(`event must be an object, got ${describeShape(input)}`);
  }
  for (const key in input) {
    if (!KNOWN_KEYS.has(key)) throw invalid(unknownKey("event", key, EVENT_KEYS));
  }
  const event = input as Readonly<Record<AuditMember, unknown>>;
  return {
    ts: parseTime(event.ts, limits, now),
    recordedAt: now,
    eventId: event.eventId === undefined ? uuidV7(now) : parseEventId(event.eventId),
    agentId: requiredText("agentId", event.agentId),
    teamId: optionalText("teamId", event.teamId),
    orgId: optionalText("orgId", event.orgId),
    sessionId: optionalText("sessionId", event.sessionId),
    traceId: optionalText("traceId", event.traceId),
    action: requiredText("action", event.action),
    decision: requiredText("decision", event.decision),
    dryRun: parseDryRun(event.dryRun),
    shadowDecision: optionalText("shadowDecision", event.shadowDecision),
    matchedRuleId: optionalText("matchedRuleId", event.matchedRuleId),
    tool: toolOf(event.payload),
    payload: payloadText(event.payload, limits.maxPayloadBytes),
  };
}

function invalid(reason: string, member?: AuditMember): EventRefusal {
  return new EventRefusal("invalid_argument", reason, member);
}

function requiredText(name: AuditMember, value: unknown): string {
  const problem = textProblem(value);
  if (problem !== undefined) throw invalid(`${name} ${problem}`, name);
  return value as string;
}

function optionalText(name: AuditMember, value: unknown): string | null {
  return value === undefined || value === null ? null : requiredText(name, value);
}

function parseEventId(value: unknown): string {
  const eventId = parseUuid(value);
  if (eventId === undefined) throw invalid(`eventId must be a UUID, got ${describeShape(value)}`, "eventId");
  return eventId;
}

function parseDryRun(value: unknown): boolean {
  const dryRun = value ?? false;
  if (typeof dryRun !== "boolean")
    throw invalid(`dryRun must be true or false, got ${describeShape(dryRun)}`, "dryRun");
  return dryRun;
}

function parseTime(value: unknown, limits: ResolvedEventLimits, now: number): number {
  const ts = value instanceof Date ? value.getTime() : Number.NaN;
  if (Number.isNaN(ts)) throw invalid(`ts must be a valid Date, got ${describeShape(value)}`, "ts");
  if (ts < MIN_TIME_MS || ts > MAX_TIME_MS) {
    throw new EventRefusal("out_of_range", "ts must lie within the years 1 to 9999", "ts");
  }
  if (ts < now - limits.maxAgeMs) {
    throw new EventRefusal(
      "out_of_range",
      `ts is ${duration(now - ts)} old, more than the accepted ${duration(limits.maxAgeMs)}; raise limits.maxAgeMs to import old events`,
      "ts",
    );
  }
  if (ts > now + limits.maxSkewMs) {
    throw new EventRefusal(
      "out_of_range",
      `ts is ${duration(ts - now)} in the future, more than the accepted ${duration(limits.maxSkewMs)}; check the sender's clock or raise limits.maxSkewMs`,
      "ts",
    );
  }
  return ts;
}

function duration(ms: number): string {
  if (ms >= 2 * 86_400_000) return `${Math.round(ms / 86_400_000)} days`;
  if (ms >= 2 * 60_000) return `${Math.round(ms / 60_000)} minutes`;
  return `${ms} ms`;
}

function payloadText(payload: unknown, maxBytes: number): string | null {
  if (payload === undefined) return null;
  const problem = checkJson(payload, maxBytes);
  if (problem === MUCH_TOO_LARGE) {
    throw new EventRefusal(
      "too_large",
      `payload takes several times the accepted ${maxBytes} bytes as JSON; shorten it, or store the body elsewhere`,
      "payload",
    );
  }
  if (problem !== undefined) throw invalid(`payload ${problem}`, "payload");
  const text = JSON.stringify(payload as JsonValue);
  // A UTF-16 code unit takes at most three bytes, so most payloads need not be measured exactly.
  if (text.length * 3 > maxBytes) {
    const bytes = Buffer.byteLength(text);
    if (bytes > maxBytes) {
      throw new EventRefusal(
        "too_large",
        `payload takes ${bytes} bytes as JSON, more than the accepted ${maxBytes}; shorten it, store the body elsewhere, or raise limits.maxPayloadBytes`,
        "payload",
      );
    }
  }
  return text;
}
