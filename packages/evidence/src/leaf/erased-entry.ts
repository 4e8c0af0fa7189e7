import type { AuditEvent } from "@agent-assembly/storage-core";
import { FIXED_PARTS, MAX_PAYLOAD_PARTS } from "@agent-assembly/storage-core/backend";
import { toBase64 } from "../support/bytes.js";
import { commitPart } from "./commit-part.js";
import type { EventEntry } from "./entry.js";
import { placeParts } from "./event-entry.js";
import { encodeEntry } from "./parse-entry.js";
import { sealedEntry } from "./sealed-leaf.js";

/** What is kept of a part of a leaf whose seed was destroyed. */
export interface KeptPart {
  /** Among the parts of the leaf. */
  readonly place: number;
  readonly isErased: boolean;
  /** The commitment to a part that was erased, the salt of one that is left; 32 bytes. */
  readonly bytes: Uint8Array;
}

/** Whether something is kept of each part that a leaf can have: from the first place on, without a gap. */
export function areWhole(kept: readonly KeptPart[]): boolean {
  const isCount = kept.length >= FIXED_PARTS && kept.length <= FIXED_PARTS + MAX_PAYLOAD_PARTS + 1;
  return isCount && kept.every(({ place, isErased }, at) => place === at && !(isErased && place === 0));
}

/**
 * The entry of a leaf, from what is left of its event and what was kept when parts of it were erased.
 * @param kept by place
 * @returns `undefined` where the event has other parts than those that were left, or where not all is kept
 */
export function erasedEntry(event: AuditEvent, kept: readonly KeptPart[]): EventEntry | undefined {
  if (!areWhole(kept)) return undefined;
  const erased = new Set(kept.filter(({ isErased }) => isErased).map(({ place }) => place));
  const { placed, more } = placeParts(event, kept.length, erased);
  if (more.length > 0) return undefined;
  const c: string[] = [];
  for (const { place, isErased, bytes } of kept) {
    const part = placed[place];
    if (!isErased && part === undefined) return undefined;
    c.push(toBase64(isErased || part === undefined ? bytes : commitPart(part, bytes)));
  }
  const { eventId, recordedAt, ts } = event;
  return { c, eventId, recordedAt: recordedAt.toISOString(), t: "event", ts: ts.toISOString(), v: 1 };
}

/** What a store has of the salts of a leaf. */
export interface LeafSalts {
  /** `undefined` where it was destroyed. */
  readonly seed: Uint8Array | undefined;
  /** By place, where parts were erased. */
  readonly kept: readonly KeptPart[] | undefined;
}

/** The bytes of the entry that an event gives; `undefined` where no salts are left, or the event has other parts than those that are left. */
export function entryFrom(event: AuditEvent, { seed, kept }: LeafSalts): Uint8Array | undefined {
  if (kept === undefined) return seed === undefined ? undefined : Buffer.from(sealedEntry(event, seed));
  const entry = erasedEntry(event, kept);
  return entry === undefined ? undefined : encodeEntry(entry);
}
