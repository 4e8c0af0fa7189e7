import { type AuditEvent, canonicalJson, type JsonObject, type JsonValue } from "@agent-assembly/storage-core";
import { isIndex, parseCanonicalJson } from "./canonical.js";

/** An event and the leaf that stands for it. */
export interface EventRow {
  readonly leaf: number;
  readonly event: AuditEvent;
}

/** A line of `events.jsonl`, without its newline: the event with its `leafIndex`, as canonical JSON. */
export function encodeEventLine({ leaf, event }: EventRow): string {
  const { ts, recordedAt, ...members } = event;
  const line: JsonObject = { leafIndex: leaf, recordedAt: recordedAt.toISOString(), ts: ts.toISOString() };
  for (const [name, value] of Object.entries(members)) if (value !== undefined) line[name] = value;
  return canonicalJson(line);
}

const TEXTS = ["action", "agentId", "decision", "eventId"] as const;
const OPTIONAL_TEXTS = ["matchedRuleId", "orgId", "sessionId", "shadowDecision", "teamId", "traceId"] as const;
const MEMBERS: ReadonlySet<string> = new Set([
  ...TEXTS,
  ...OPTIONAL_TEXTS,
  "dryRun",
  "leafIndex",
  "payload",
  "recordedAt",
  "ts",
]);

/**
 * Reads a line of `events.jsonl`. What the members say is checked against the leaf's commitments, so here only their types are.
 * @returns what is wrong with it, as the rest of a sentence, for a line in another form
 */
export function parseEventLine(text: string): EventRow | string {
  const line = parseCanonicalJson(text);
  if (typeof line !== "object" || line === null || Array.isArray(line)) return "is not an object in canonical JSON";
  for (const name in line) if (!MEMBERS.has(name)) return "has a member that no event has";
  const { leafIndex, ts, recordedAt, dryRun } = line;
  if (!isIndex(leafIndex)) return "has no leafIndex";
  const times = { ts: timeOf(ts), recordedAt: timeOf(recordedAt) };
  if (times.ts === undefined || times.recordedAt === undefined) return "has no ts, or no recordedAt";
  if (typeof dryRun !== "boolean" || TEXTS.some((name) => typeof line[name] !== "string")) {
    return "does not have all members of an event";
  }
  const event: JsonObject = {};
  for (const name of TEXTS) event[name] = line[name] as string;
  for (const name of OPTIONAL_TEXTS) {
    if (!Object.hasOwn(line, name)) continue;
    if (typeof line[name] !== "string") return `has a ${name} that is no text`;
    event[name] = line[name];
  }
  if (Object.hasOwn(line, "payload")) event.payload = line.payload as JsonValue;
  return { leaf: leafIndex, event: Object.assign(event, { dryRun, ...times }) as unknown as AuditEvent };
}

/** A time in the one spelling that events have. */
export function timeOf(value: unknown): Date | undefined {
  if (typeof value !== "string" || value.length !== 24) return undefined;
  const time = new Date(value);
  return Number.isNaN(time.getTime()) || time.toISOString() !== value ? undefined : time;
}
