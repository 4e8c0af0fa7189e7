import type { JsonObject, JsonValue } from "../support/json.js";
import type { AuditEvent } from "./event.js";

/** Members of a payload that are parts of their own; the others are one part together. */
export const MAX_PAYLOAD_PARTS = 32;
/** The parts that every event has, before those of its payload. */
export const FIXED_PARTS = 4;

/** What an event has as `agentId` once that was erased, since every event has one. */
export const ERASED_AGENT_ID = "erased";

/** A part of an event that can be erased on its own, and is committed to on its own where events are sealed. */
export interface EventPart {
  /** `what`, `agentId`, `sessionId`, `traceId`, or for the payload `payload:/NAME`, `payload:*` or `payload:`. */
  readonly name: string;
  readonly value: JsonValue;
}

/**
 * The parts of an event, in the order of their commitments: `what` (an object of `action`, `decision`, `dryRun` and, where the event
 * has them, `matchedRuleId`, `orgId`, `shadowDecision`, `teamId`); `agentId`; `sessionId`; `traceId` (both null where absent); then
 * the payload. An object gives one part for each member, `payload:/` and the name as in a JSON Pointer, ordered by name as RFC 8785
 * orders members; those after the 32nd are one object, `payload:*`. An empty object, and what is no object, is one part
 * `payload:`. An event without payload has four parts.
 */
export function eventParts(event: AuditEvent): EventPart[] {
  return [
    { name: "what", value: whatOf(event) },
    { name: "agentId", value: event.agentId },
    { name: "sessionId", value: event.sessionId ?? null },
    { name: "traceId", value: event.traceId ?? null },
    ...payloadParts(event.payload),
  ];
}

/** In the order of canonical JSON, which then takes a fraction of the time. */
function whatOf({ action, decision, dryRun, matchedRuleId, orgId, shadowDecision, teamId }: AuditEvent): JsonObject {
  const what: JsonObject = { action, decision, dryRun };
  if (matchedRuleId !== undefined) what.matchedRuleId = matchedRuleId;
  if (orgId !== undefined) what.orgId = orgId;
  if (shadowDecision !== undefined) what.shadowDecision = shadowDecision;
  if (teamId !== undefined) what.teamId = teamId;
  return what;
}

function payloadParts(payload: JsonValue | undefined): EventPart[] {
  if (payload === undefined) return [];
  const members = payloadMembers(payload);
  if (members === undefined || members.length === 0) return [{ name: "payload:", value: payload }];
  const parts = members.slice(0, MAX_PAYLOAD_PARTS).map(memberPart);
  const rest = members.slice(MAX_PAYLOAD_PARTS);
  return rest.length === 0 ? parts : [...parts, restPart(rest)];
}

/** One member of a payload as a part. */
export function memberPart([name, value]: readonly [string, JsonValue]): EventPart {
  return { name: memberPartName(name), value };
}

/** The name of the part that a member of a payload is, with the member's name as in a JSON Pointer. */
export function memberPartName(member: string): string {
  return `payload:/${member.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** The members after the 32nd as a part. */
export function restPart(members: readonly (readonly [string, JsonValue])[]): EventPart {
  return { name: "payload:*", value: Object.fromEntries(members) };
}

/** The members of an object, ordered by UTF-16 code units as RFC 8785 orders them; `undefined` for what is no object. */
export function payloadMembers(payload: JsonValue | undefined): [string, JsonValue][] | undefined {
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) return undefined;
  return Object.entries(payload)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
