import type { AuditEvent } from "@agent-assembly/storage-core";
import {
  ERASED_AGENT_ID,
  type EventPart,
  eventParts,
  FIXED_PARTS,
  invalidArgument,
  MAX_PAYLOAD_PARTS,
  memberPart,
  payloadMembers,
  restPart,
} from "@agent-assembly/storage-core/backend";
import { toBase64 } from "../support/bytes.js";
import { commitPart } from "./commit-part.js";
import type { EventEntry } from "./entry.js";

/** What of an event does not match its entry. */
export type EventDifference =
  | { readonly kind: "member"; readonly member: "eventId" | "recordedAt" | "ts" }
  /** `part` is the place of its commitment; `name` what the event has there, absent where it has no such part. */
  | { readonly kind: "part"; readonly part: number; readonly name?: string }
  /** The event has parts that were erased, or more than were committed to. */
  | { readonly kind: "more_parts"; readonly names: readonly string[] }
  /** No salt was given, so that nothing can be said of the part. */
  | { readonly kind: "no_salt"; readonly part: number; readonly name: string };

/** How an event is compared with its entry. */
export interface CompareOptions {
  /** The salt of a part, from `partSalt` or kept when its leaf was punctured. */
  readonly saltOf: (part: number) => Uint8Array | undefined;
  /** Places of the parts that `erase` statements name, from 1 on. @default none */
  readonly erased?: ReadonlySet<number>;
}

/**
 * The entry that stands for an event in the tree: its id, its times, and a commitment to each of its parts.
 * @param event as the store has it
 * @param saltOf the salt of a part, from `partSalt`
 */
export function eventEntry(event: AuditEvent, saltOf: (part: number) => Uint8Array): EventEntry {
  const c = eventParts(event).map((part, at) => toBase64(commitPart(part, saltOf(at))));
  const { eventId, recordedAt, ts } = event;
  return { c, eventId, recordedAt: recordedAt.toISOString(), t: "event", ts: ts.toISOString(), v: 1 };
}

/**
 * Compares an event with an entry that was proven to be in the tree.
 * @returns every difference; none where all that is left of the event is as it was sealed
 * @throws `invalid_argument` for erased parts that the entry does not have
 */
export function compareEvent(
  entry: EventEntry,
  event: AuditEvent,
  { saltOf, erased = new Set() }: CompareOptions,
): EventDifference[] {
  const differences: EventDifference[] = [];
  if (entry.eventId !== event.eventId) differences.push({ kind: "member", member: "eventId" });
  if (entry.recordedAt !== event.recordedAt.toISOString()) differences.push({ kind: "member", member: "recordedAt" });
  if (entry.ts !== event.ts.toISOString()) differences.push({ kind: "member", member: "ts" });
  const { placed, more } = placeParts(event, entry.c.length, erased);
  for (let part = 0; part < entry.c.length; part++) {
    if (erased.has(part)) continue;
    const found = placed[part];
    const salt = found === undefined ? undefined : saltOf(part);
    if (found === undefined) differences.push({ kind: "part", part });
    else if (salt === undefined) differences.push({ kind: "no_salt", part, name: found.name });
    else if (toBase64(commitPart(found, salt)) !== entry.c[part]) {
      differences.push({ kind: "part", part, name: found.name });
    }
  }
  if (more.length > 0) differences.push({ kind: "more_parts", names: more });
  return differences;
}

/**
 * Where the parts that are left of an event belong: erased ones leave their place free, in front of which the order stays.
 * @param count parts of the leaf
 */
export function placeParts(
  event: AuditEvent,
  count: number,
  erased: ReadonlySet<number>,
): { readonly placed: readonly (EventPart | undefined)[]; readonly more: readonly string[] } {
  for (const part of erased) {
    if (!Number.isInteger(part) || part < 1 || part >= count) {
      throw invalidArgument("erased", `must be places of the parts of the entry, from 1 to ${count - 1}`);
    }
  }
  const parts = eventParts(event);
  if (erased.size === 0) return { placed: parts, more: parts.slice(count).map(({ name }) => name) };
  const placed = new Array<EventPart | undefined>(count);
  const more: string[] = [];
  for (const [at, part] of parts.slice(0, FIXED_PARTS).entries()) {
    if (!erased.has(at)) placed[at] = part;
    else if (part.value !== (part.name === "agentId" ? ERASED_AGENT_ID : null)) more.push(part.name);
  }
  const anyErased = [...erased].some((part) => part >= FIXED_PARTS);
  const left = anyErased ? leftOfPayload(event, count, erased) : parts.slice(FIXED_PARTS);
  const free = range(FIXED_PARTS, count).filter((part) => !erased.has(part));
  for (const [at, part] of left.entries()) {
    const place = free[at];
    if (place === undefined) more.push(part.name);
    else placed[place] = part;
  }
  return { placed, more };
}

/** The parts of a payload of which some were erased: an empty object, or no payload, has none left. */
function leftOfPayload(event: AuditEvent, count: number, erased: ReadonlySet<number>): EventPart[] {
  const members = payloadMembers(event.payload);
  if (members === undefined) return event.payload === undefined ? [] : [{ name: "payload:", value: event.payload }];
  const restAt = FIXED_PARTS + MAX_PAYLOAD_PARTS;
  const own = range(FIXED_PARTS, Math.min(count, restAt)).filter((part) => !erased.has(part)).length;
  const rest = members.slice(own);
  const parts = members.slice(0, own).map(memberPart);
  if (rest.length === 0) return parts;
  return count > restAt ? [...parts, restPart(rest)] : [...parts, ...rest.map(memberPart)];
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at);
}
