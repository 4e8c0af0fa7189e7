import type {
  DayCounts,
  DropStatement,
  EraseStatement,
  RestoreStatement,
  SealStatement,
  Statement,
} from "../leaf/entry.js";
import type { LeafRange } from "../tree/shape.js";
import { TILE_WIDTH } from "../tree/tile.js";

const DAY_MS = 86_400_000;

/** From `from` to before `to`, in milliseconds; infinite where there is no limit. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

export function rangeOf(from: Date | null | undefined, to: Date | null | undefined): TimeRange {
  return { from: from?.getTime() ?? Number.NEGATIVE_INFINITY, to: to?.getTime() ?? Number.POSITIVE_INFINITY };
}

export function isWithin(time: number, { from, to }: TimeRange): boolean {
  return time >= from && time < to;
}

/** How much of a UTC day lies in a range. */
export function dayWithin(day: string, { from, to }: TimeRange): "all" | "part" | "none" {
  const start = Date.parse(`${day}T00:00:00.000Z`);
  const end = start + DAY_MS;
  if (start >= to || end <= from) return "none";
  return start >= from && end <= to ? "all" : "part";
}

/** A seal whose bundles an export has. */
export interface SelectedSeal extends LeafRange {
  readonly n: number;
  /** Its leaf hash. */
  readonly hash: Uint8Array;
  /** Of the tree of `end` leaves, in Base64. */
  readonly root: string;
  /** Of the events in its leaves, from `start` to before `end`; the seal itself is the leaf `end`. */
  readonly days: DayCounts;
}

/** A statement about rows, with a list beside the tree. */
export type ListStatement = DropStatement | EraseStatement | RestoreStatement;

/**
 * Which leaves the verification of a range needs: those of the seals that count events on a day of the range, and all behind
 * the newest seal. Fed with the statements of the log, ascending.
 */
export class Selection {
  readonly seals: SelectedSeal[] = [];
  /** The first leaf that no seal closes. */
  tail = 0;
  readonly #days = new Set<string>();
  /** By leaf, ascending. */
  readonly #lists = new Map<number, ListStatement>();

  constructor(private readonly range: TimeRange) {}

  /** @param leaf of the statement, and @param hash its leaf hash */
  add(leaf: number, hash: Uint8Array, statement: Statement): void {
    switch (statement.t) {
      case "seal":
        this.tail = leaf + 1;
        this.#addSeal(hash, statement);
        break;
      case "drop":
      case "erase":
        // What was done counts, and no longer what was announced.
        if (statement.intent !== null && this.#lists.get(statement.intent)?.t === statement.t) {
          this.#lists.delete(statement.intent);
        }
        this.#lists.set(leaf, statement);
        break;
      case "restore":
        this.#lists.set(leaf, statement);
        break;
      default:
    }
  }

  #addSeal(hash: Uint8Array, { n, first, count, days, root }: SealStatement): void {
    const names = Object.keys(days);
    if (!names.some((day) => dayWithin(day, this.range) !== "none")) return;
    this.seals.push({ n, hash, root, days, start: first, end: first + count });
    for (const day of names) this.#days.add(day);
  }

  /**
   * The statements in whose lists selected leaves can be, by leaf, ascending, once all were added. Leaves of the selected seals
   * have no other days than these seals count. Leaves behind the newest seal can be of any day, and only statements behind it
   * name them.
   */
  lists(): [leaf: number, statement: ListStatement][] {
    return [...this.#lists].filter(
      ([leaf, { days }]) => leaf >= this.tail || Object.keys(days).some((day) => this.#days.has(day)),
    );
  }

  /** Bundles that have selected leaves, ascending, each once. @param size of the tree */
  *bundles(size: number): Generator<number> {
    let next = 0;
    const spans = [...this.seals.map(({ start, end }) => ({ start, end: end + 1 })), { start: this.tail, end: size }];
    for (const { start, end } of spans) {
      if (start >= end) continue;
      for (let at = Math.max(next, Math.floor(start / TILE_WIDTH)); at * TILE_WIDTH < end; at++) {
        yield at;
        next = at + 1;
      }
    }
  }
}
