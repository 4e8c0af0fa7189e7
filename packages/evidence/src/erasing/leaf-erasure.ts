import { type AuditEvent, StorageError } from "@agent-assembly/storage-core";
import { type EvidencePart, type EventPart, eventParts } from "@agent-assembly/storage-core/backend";
import { commitPart } from "../leaf/commit-part.js";
import { areWhole, type KeptPart } from "../leaf/erased-entry.js";
import { placeParts } from "../leaf/event-entry.js";
import { partSalt } from "../salts/seeds.js";
import { shown } from "../support/bytes.js";

/** An event of which parts are erased, and its leaf. */
export interface ErasingLeaf {
  readonly leaf: number;
  /** As the store has it: without parts that were erased before. */
  readonly event: AuditEvent;
  /** Names of the parts. */
  readonly parts: readonly string[];
  /** By place, where parts were erased before. */
  readonly kept: readonly KeptPart[] | undefined;
}

/**
 * The places of the parts of a leaf that are erased, ascending.
 * @throws `conflict` for a part that the leaf does not have; `corrupt` where what was kept of it is damaged
 */
export function placesOf({ leaf, event, parts, kept }: ErasingLeaf): number[] {
  const placed = placedParts({ leaf, event, kept });
  const places = parts.map((name) => {
    const place = placed.findIndex((part) => part?.name === name);
    if (place > 0) return place;
    throw new StorageError({
      code: "conflict",
      message: `the event ${event.eventId} was sealed without a part ${shown(name)} of its own`,
      remedy: "Verify the store, and name a part that was sealed.",
    });
  });
  return places.sort((a, b) => a - b);
}

/**
 * What is kept of a leaf when parts of it are erased: the commitments to these, and, of a leaf whose seed is destroyed now, the salts of
 * the others.
 * @param seed of the leaf; not used where parts were erased before
 * @throws as {@link placesOf}; `corrupt` where there are no salts to keep
 */
export function keptParts(erasing: ErasingLeaf, seed: Uint8Array | undefined): EvidencePart[] {
  const { leaf, kept } = erasing;
  const places = new Set(placesOf(erasing));
  const placed = placedParts(erasing);
  const saltOf = (place: number): Uint8Array => {
    const salt = kept === undefined ? seed && partSalt(seed, place) : kept[place]?.bytes;
    if (salt !== undefined) return salt;
    throw damaged(leaf);
  };
  return placed.flatMap((part, place): EvidencePart[] => {
    if (part === undefined) return [];
    if (places.has(place)) return [{ leaf, place, isErased: true, bytes: commitPart(part, saltOf(place)) }];
    return kept === undefined ? [{ leaf, place, isErased: false, bytes: saltOf(place) }] : [];
  });
}

function placedParts({ leaf, event, kept }: Omit<ErasingLeaf, "parts">): readonly (EventPart | undefined)[] {
  if (kept === undefined) return eventParts(event);
  if (!areWhole(kept)) throw damaged(leaf);
  const erased = new Set(kept.filter(({ isErased }) => isErased).map(({ place }) => place));
  const { placed } = placeParts(event, kept.length, erased);
  return placed;
}

function damaged(leaf: number): StorageError {
  return new StorageError({
    code: "corrupt",
    message: `the salts of leaf ${leaf} are missing or damaged, so that its parts cannot be erased with evidence`,
    remedy: 'Verify the store, as "aasm evidence verify" does, and restore its evidence from a backup.',
  });
}
