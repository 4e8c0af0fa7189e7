import { ERASED_AGENT_ID, MAX_PAYLOAD_PARTS, memberPartName, payloadMembers } from "../audit/parts.js";
import type { AuditEventRow } from "../audit/row.js";
import { toolOf } from "../audit/tool.js";
import type { JsonValue } from "../support/json.js";

/** All parts of a payload together: in requests, and in markers of events whose payload is gone. */
export const WHOLE_PAYLOAD = "payload";
/** A payload that is no object, or an empty one. */
export const PLAIN_PAYLOAD = "payload:";
/** The members of a payload after the 32nd. */
export const REST_OF_PAYLOAD = "payload:*";
/** What the names of the parts begin with that are one member of a payload. */
export const MEMBER_PREFIX = "payload:/";

/** What a request finds in an event. */
export interface FoundParts {
  /** The parts that the event has now and that are to go: `agentId`, `payload:/NAME` and so on, never `payload` as a whole. */
  readonly parts: readonly string[];
  /** Members that were asked for by name, and that are part of {@link REST_OF_PAYLOAD} in this event. */
  readonly inRest: readonly string[];
}

/**
 * Which of the wanted parts an event has.
 * @param wanted names of parts, `payload` among them
 * @param gone parts of the event that were erased earlier
 */
export function findParts(event: AuditEventRow, wanted: ReadonlySet<string>, gone: readonly string[]): FoundParts {
  const parts: string[] = [];
  if (wanted.has("agentId") && event.agentId !== ERASED_AGENT_ID) parts.push("agentId");
  if (wanted.has("sessionId") && event.sessionId !== null) parts.push("sessionId");
  if (wanted.has("traceId") && event.traceId !== null) parts.push("traceId");
  if (event.payload === null) return { parts, inRest: [] };
  const all = wanted.has(WHOLE_PAYLOAD);
  const members = payloadMembers(JSON.parse(event.payload) as JsonValue) ?? [];
  if (members.length === 0) {
    return { parts: all || wanted.has(PLAIN_PAYLOAD) ? [...parts, PLAIN_PAYLOAD] : parts, inRest: [] };
  }
  const { own, rest } = splitMembers(members, gone);
  parts.push(...own.filter((name) => all || wanted.has(name)));
  if (rest.length === 0) return { parts, inRest: [] };
  if (all || wanted.has(REST_OF_PAYLOAD)) return { parts: [...parts, REST_OF_PAYLOAD], inRest: [] };
  return { parts, inRest: rest.filter((name) => wanted.has(name)) };
}

/**
 * The event without some of its parts; the same object where it has none of them. What has been taken out already changes nothing,
 * so that it does not matter whether an event comes from before the erasure or from after it.
 */
export function withoutParts(event: AuditEventRow, parts: readonly string[]): AuditEventRow {
  const gone = new Set(parts);
  const payload = payloadWithout(event.payload, gone);
  const next = {
    agentId: gone.has("agentId") ? ERASED_AGENT_ID : event.agentId,
    sessionId: gone.has("sessionId") ? null : event.sessionId,
    traceId: gone.has("traceId") ? null : event.traceId,
    payload,
  };
  const isSame = (Object.keys(next) as (keyof typeof next)[]).every((member) => next[member] === event[member]);
  if (isSame) return event;
  const tool = payload === event.payload ? event.tool : toolOf(payload === null ? undefined : JSON.parse(payload));
  return { ...event, ...next, tool };
}

function payloadWithout(text: string | null, gone: ReadonlySet<string>): string | null {
  if (text === null || gone.has(WHOLE_PAYLOAD)) return null;
  if (![...gone].some((name) => name.startsWith(PLAIN_PAYLOAD))) return text;
  const payload = JSON.parse(text) as JsonValue;
  const members = payloadMembers(payload) ?? [];
  if (members.length === 0) return gone.has(PLAIN_PAYLOAD) ? null : text;
  const { own, rest } = splitMembers(members, [...gone]);
  const leave = new Set([...own.filter((name) => gone.has(name)), ...(gone.has(REST_OF_PAYLOAD) ? rest : [])]);
  if (leave.size === 0) return text;
  // In the order in which they came.
  const kept = Object.entries(payload as object).filter(([name]) => !leave.has(memberPartName(name)));
  return kept.length === 0 ? null : JSON.stringify(Object.fromEntries(kept));
}

/** The names of the members that are parts of their own, and of the others: those that were erased keep their places among the former. */
function splitMembers(
  members: readonly (readonly [string, JsonValue])[],
  gone: readonly string[],
): { readonly own: readonly string[]; readonly rest: readonly string[] } {
  const names = members.map(([name]) => memberPartName(name));
  const there = new Set(names);
  const taken = gone.filter((name) => name.startsWith(MEMBER_PREFIX) && !there.has(name)).length;
  const places = Math.max(0, MAX_PAYLOAD_PARTS - taken);
  return { own: names.slice(0, places), rest: names.slice(places) };
}

/**
 * The parts that a marker names once more of them are gone: sorted, each once. Of a payload that is gone as a whole it keeps no name.
 * @param payload what is left of it
 */
export function markerOf(gone: readonly string[], parts: readonly string[], payload: string | null): readonly string[] {
  const names = [...gone, ...parts];
  const isGone = payload === null && names.some((name) => name.startsWith(WHOLE_PAYLOAD));
  return mergeMarkers(names, isGone ? [WHOLE_PAYLOAD] : []);
}

/** The parts of two markers, sorted, each once: those of a payload that is gone as a whole have no name of their own. */
export function mergeMarkers(a: readonly string[], b: readonly string[]): readonly string[] {
  const names = [...new Set([...a, ...b])].sort();
  return names.includes(WHOLE_PAYLOAD) ? names.filter((name) => !name.startsWith(PLAIN_PAYLOAD)) : names;
}
