import { type AuditEvent, canonicalJson, type JsonObject, type JsonValue } from "@agent-assembly/storage-core";
import { checkBytes } from "../support/bytes.js";
import { sha256 } from "../tree/hash.js";

/** Members of a payload that are parts of their own; the others are one part together. */
export const MAX_PAYLOAD_PARTS = 32;
/** The parts that every event has, before those of its payload. */
export const FIXED_PARTS = 4;

/** What comes before salt and value in a commitment's hash. */
const COMMITMENT_PREFIX = 0x02;
const SALT_BYTES = 32;

/** A part of an event that is committed to, and can be erased, on its own. */
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
  return { name: `payload:/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`, value };
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

/**
 * The commitment to a part: SHA-256(0x02 ‖ salt ‖ canonicalJson([name, value])), in which name and value are hidden from those
 * who do not have the salt.
 * @param salt 32 bytes
 * @returns 32 bytes
 */
export function commitPart({ name, value }: EventPart, salt: Uint8Array): Uint8Array {
  checkBytes("salt", salt, SALT_BYTES);
  const text = `[${JSON.stringify(name)},${canonicalJson(value)}]`;
  const input = Buffer.allocUnsafe(1 + SALT_BYTES + Buffer.byteLength(text));
  input[0] = COMMITMENT_PREFIX;
  input.set(salt, 1);
  input.write(text, 1 + SALT_BYTES);
  return sha256(input);
}
