import { isStorageError } from "@agent-assembly/storage-core";
import { ERASED_AGENT_ID, type EventPart, eventParts, FIXED_PARTS } from "@agent-assembly/storage-core/backend";
import type { EventRow } from "../folder/event-line.js";
import { EVENTS_FILE, SEEDS_FILE } from "../folder/layout.js";
import type { BundleSalts } from "../folder/seeds-line.js";
import { commitPart } from "../leaf/commit-part.js";
import type { EventEntry } from "../leaf/entry.js";
import { compareEvent, type EventDifference } from "../leaf/event-entry.js";
import { sealedEntry } from "../leaf/sealed-leaf.js";
import { leafSeeds, partSalt } from "../salts/seeds.js";
import { shown, toBase64 } from "../support/bytes.js";
import { TILE_WIDTH } from "../tree/tile.js";
import type { FindingList } from "./finding-list.js";
import type { LeafFate } from "./leaf-lists.js";

type SaltOf = (part: number) => Uint8Array | undefined;

/** The salts of the leaves of one bundle. */
export class SaltBook {
  readonly #seeds: readonly (Uint8Array | undefined)[];

  /** @throws `invalid_argument` for seeds that no bundle has */
  constructor(private readonly salts: BundleSalts) {
    this.#seeds = leafSeeds(salts.nodes);
  }

  /** `undefined` where it was destroyed, or is not shown. */
  seedOf(leaf: number): Uint8Array | undefined {
    return this.#seeds[leaf % TILE_WIDTH];
  }

  saltOf(leaf: number): SaltOf {
    const seed = this.seedOf(leaf);
    if (seed !== undefined) return (part) => partSalt(seed, part);
    const kept = this.salts.salts.get(leaf);
    return (part) => kept?.get(part);
  }
}

/** The entry of a leaf, and the text that it was read from. */
export interface SealedEvent {
  readonly entry: EventEntry;
  readonly text: string;
}

/**
 * Compares a row with the entry of its leaf, and tells what differs.
 * @param salts of its bundle, where there are any
 * @returns whether parts of it were erased
 */
export function checkRow(
  found: FindingList,
  { entry, text }: SealedEvent,
  row: EventRow,
  salts: SaltBook | undefined,
  fate: LeafFate,
): boolean {
  const { leaf, event } = row;
  const seed = salts?.seedOf(leaf);
  // Of most rows the text of the entry follows at once.
  if (fate.erased === undefined && seed !== undefined && sealedEntry(event, seed) === text) return false;
  const saltOf = salts?.saltOf(leaf) ?? (() => undefined);
  const about = { leaf, eventId: entry.eventId };
  const erased = fate.erased ?? new Set<number>();
  if ([...erased].some((part) => part >= entry.c.length)) {
    const detail = `an erase statement names a part that leaf ${leaf} does not have`;
    found.add({ code: "erased_without_record", ...about, detail });
    return false;
  }
  const differences = compareEvent(entry, event, { saltOf, erased });
  if (differences.length === 0) return erased.size > 0;
  // Announced, and perhaps not begun.
  if (fate.isErasing && compareEvent(entry, event, { saltOf }).length === 0) return false;
  const gone = erasedParts(entry, row, saltOf);
  if (
    gone !== undefined &&
    compareEvent(entry, event, { saltOf, erased: new Set([...erased, ...gone]) }).length === 0
  ) {
    const detail = `parts ${gone.filter((part) => !erased.has(part)).join(", ")} of leaf ${leaf} are gone, and no statement says so`;
    found.add({ code: "erased_without_record", ...about, detail }, EVENTS_FILE);
    return false;
  }
  const missing = differences.filter(({ kind }) => kind === "no_salt");
  if (missing.length > 0) {
    const detail = `the row of leaf ${leaf} has no salts in ${SEEDS_FILE} for ${missing.map(nameOf).join(", ")}`;
    found.add({ code: "export_incomplete", ...about, detail }, SEEDS_FILE);
    return false;
  }
  const parts = differences.filter(({ kind }) => kind === "part").length;
  if (parts === entry.c.length - erased.size) {
    const detail = `no part of the row of leaf ${leaf} is as sealed: another row, or other salts`;
    found.add({ code: "export_altered", ...about, detail }, EVENTS_FILE, SEEDS_FILE);
    return false;
  }
  const detail = `the row of leaf ${leaf} is not as sealed: ${differences.map(nameOf).join(", ")}`;
  found.add({ code: "edited", ...about, detail }, EVENTS_FILE);
  return false;
}

function nameOf(difference: EventDifference): string {
  switch (difference.kind) {
    case "member":
      return difference.member;
    case "more_parts":
      return `more parts than were sealed, or than were left (${shown(difference.names.join(", "))})`;
    default:
      return difference.name === undefined ? `part ${difference.part} is gone` : shown(difference.name);
  }
}

/** The parts that a row lacks where all that it has is as sealed; `undefined` where something else is the matter. */
function erasedParts(entry: EventEntry, { event }: EventRow, saltOf: SaltOf): number[] | undefined {
  const matches = (part: EventPart, place: number): boolean => {
    const salt = saltOf(place);
    return salt !== undefined && toBase64(commitPart(part, salt)) === entry.c[place];
  };
  const gone: number[] = [];
  const parts = eventParts(event);
  for (const [place, part] of parts.slice(0, FIXED_PARTS).entries()) {
    if (matches(part, place)) continue;
    if (part.value !== (part.name === "agentId" ? ERASED_AGENT_ID : null)) return undefined;
    gone.push(place);
  }
  const left = parts.slice(FIXED_PARTS);
  for (let place = FIXED_PARTS; place < entry.c.length; place++) {
    const [next] = left;
    if (next !== undefined && matches(next, place)) left.shift();
    else gone.push(place);
  }
  // An object without members is what an erased payload leaves.
  const isEmpty = left.length === 1 && left[0]?.name === "payload:" && Object.keys(left[0].value ?? 0).length === 0;
  return left.length === 0 || isEmpty ? gone : undefined;
}

/** The salts of a bundle, told where no bundle can have them. */
export function openSalts(found: FindingList, salts: BundleSalts & { readonly bundle: number }): SaltBook | undefined {
  try {
    return new SaltBook(salts);
  } catch (error) {
    if (!isStorageError(error)) throw error;
    found.addFile("export_altered", SEEDS_FILE, `has seeds of bundle ${salts.bundle} that no bundle has`);
    return undefined;
  }
}
