import { setImmediate as nextTurn } from "node:timers/promises";
import { type AuditEvent, StorageError } from "@agent-assembly/storage-core";
import type { EvidenceBatch, EvidenceSupport } from "@agent-assembly/storage-core/backend";
import { readMoves } from "../log/read-moves.js";
import { readRows } from "../log/read-rows.js";
import { placesOf } from "../log/row-places.js";
import { unpackSeqs } from "../log/seq-list.js";
import type { LeafReader } from "./leaf-reader.js";

/** An event whose leaf is looked for. */
export interface SoughtEvent {
  /** Its place in the list of the caller. */
  readonly at: number;
  readonly event: AuditEvent;
}

type BatchPlaces = Pick<EvidenceBatch, "first" | "count" | "fromTs" | "toTs">;

/** Comparisons of an event with a leaf that one call makes at most: some minutes of work. */
const MOST_COMPARISONS = 10_000_000;
/** Comparisons between two turns of the event loop. */
const AT_ONCE = 200;
const PAGE = 64;

/**
 * Finds the leaves of events that come from an archive without leaf indexes: those leaves whose row is gone and whose hash an event
 * gives. Leaves follow each other as events were recorded, so that mostly the next leaf is the right one.
 */
export class LeafSearch {
  #batches: BatchPlaces[] | undefined;

  constructor(
    private readonly support: EvidenceSupport,
    private readonly log: number,
    private readonly leaves: LeafReader,
  ) {}

  /** @returns the leaf by `at`, of those that have one. @throws `unsupported` where too much would have to be compared */
  async find(sought: readonly SoughtEvent[], signal?: AbortSignal): Promise<Map<number, number>> {
    const found = new Map<number, number>();
    const open = sought.toSorted((a, b) => a.event.recordedAt.getTime() - b.event.recordedAt.getTime());
    let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const { event } of open) {
      from = Math.min(from, event.ts.getTime());
      to = Math.max(to, event.ts.getTime());
    }
    let comparisons = 0;
    for (const batch of await this.#allBatches()) {
      if (batch.toTs < from || batch.fromTs > to || found.size === open.length) continue;
      const gone = await this.#leavesWithoutRow(batch);
      let next = 0;
      for (const { at, event } of open) {
        const ts = event.ts.getTime();
        if (gone.length === 0 || found.has(at) || ts < batch.fromTs || ts > batch.toTs) continue;
        for (let tried = 0; tried < gone.length; tried++) {
          const place = (next + tried) % gone.length;
          if (comparisons++ % AT_ONCE === 0) {
            signal?.throwIfAborted();
            await nextTurn();
          }
          if (comparisons > MOST_COMPARISONS) throw tooMany();
          if (!(await this.#isOf(gone[place] as number, event))) continue;
          found.set(at, gone[place] as number);
          gone.splice(place, 1);
          next = place;
          break;
        }
      }
    }
    return found;
  }

  async #isOf(leaf: number, event: AuditEvent): Promise<boolean> {
    return (await this.leaves.leaf(leaf))?.isOf(event) === true;
  }

  async #leavesWithoutRow({ first, count }: BatchPlaces): Promise<number[]> {
    const [batch] = await this.support.batches(this.log, { from: first, limit: 1 });
    if (batch === undefined || batch.first !== first) return [];
    const own = unpackSeqs(batch.seqs, batch.count);
    const moves = await readMoves(this.support, this.log, first, first + count);
    const moved = [...moves.values()].map(({ seq }) => seq);
    const present = await readRows(this.support, {
      own,
      moved,
      places: placesOf([batch]),
      // What is looked for was dropped.
      isExpected: () => false,
    });
    const isGone = (seq: number, at: number): boolean =>
      !present.has(seq) && !present.has(moves.get(first + at)?.seq ?? seq);
    return own.flatMap((seq, at) => (isGone(seq, at) ? [first + at] : []));
  }

  /** Read once: what is sealed while events are restored is none of these. */
  async #allBatches(): Promise<readonly BatchPlaces[]> {
    if (this.#batches !== undefined) return this.#batches;
    const all: BatchPlaces[] = [];
    for (let from = 0; ; ) {
      const page = await this.support.batches(this.log, { from, limit: PAGE });
      for (const { first, count, fromTs, toTs } of page) all.push({ first, count, fromTs, toTs });
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) break;
      from = last.first + last.count;
    }
    this.#batches = all;
    return all;
  }
}

function tooMany(): StorageError {
  return new StorageError({
    code: "unsupported",
    message:
      "the archive does not say which leaves its events have in the log of this store, and there are too many to find that out",
    remedy: "Restore a shorter range of time, or restore into a store of its own.",
  });
}
