import {
  type EvidenceBatch,
  type EvidenceSupport,
  MAX_EVIDENCE_LIMIT,
  type RowPlaces,
} from "@agent-assembly/storage-core/backend";
import { readMoves } from "./read-moves.js";
import { placesOf } from "./row-places.js";
import { unpackSeqs } from "./seq-list.js";

/** Some hundred kilobytes of row numbers, where batches are full. */
const PAGE = 64;

/** Rows that leaves stand for, and where they lie. */
export interface LeafRows {
  /** Numbers of rows, by leaf, ascending. */
  readonly seqs: ReadonlyMap<number, number>;
  /** Numbers of the rows that were restored in their place, by leaf. */
  readonly moved: ReadonlyMap<number, number>;
  /** Of the rows; absent without any. */
  readonly places?: RowPlaces | undefined;
}

/** Reads which rows leaves stand for; leaves that follow each other are read from a page that is kept. */
export class BatchPages {
  #page: readonly EvidenceBatch[] = [];

  constructor(
    private readonly support: Pick<EvidenceSupport, "batches" | "moved">,
    private readonly log: number,
  ) {}

  /** @param end exclusive */
  async rows(start: number, end: number): Promise<LeafRows> {
    const seqs = new Map<number, number>();
    const batches: EvidenceBatch[] = [];
    for await (const batch of this.#from(start)) {
      const { first, count, seqs: packed } = batch;
      if (first >= end) break;
      batches.push(batch);
      for (const [at, seq] of unpackSeqs(packed, count).entries()) {
        if (first + at >= start && first + at < end) seqs.set(first + at, seq);
      }
    }
    if (seqs.size === 0) return { seqs, moved: seqs };
    const moves = await readMoves(this.support, this.log, start, end);
    const moved = new Map([...moves].map(([leaf, { seq }]) => [leaf, seq]));
    return { seqs, moved, places: placesOf(batches) };
  }

  /**
   * The leaf of a row; `undefined` where no leaf stands for it.
   * @param ts of the row, in milliseconds since the epoch
   * @param size leaves of the log
   */
  async leafOf(seq: number, ts: number, size: number): Promise<number | undefined> {
    const near = await this.#near(seq, size);
    if (near !== undefined) return near;
    for await (const { first, count, firstSeq, lastSeq, fromTs, toTs, seqs } of this.#from(0)) {
      if (seq < firstSeq || seq > lastSeq || ts < fromTs || ts > toTs) continue;
      const at = unpackSeqs(seqs, count).indexOf(seq);
      if (at !== -1) return first + at;
    }
    for (let from = 0; ; ) {
      const page = await this.support.moved(this.log, { from, limit: MAX_EVIDENCE_LIMIT });
      const found = page.find((move) => move.seq === seq);
      const last = page.at(-1);
      if (found !== undefined || last === undefined) return found?.leaf;
      from = last.leaf + 1;
    }
  }

  /** Finds the batch by halves: numbers of rows grow with leaves, but for transactions that ended late and rows that were restored. */
  async #near(seq: number, size: number): Promise<number | undefined> {
    for (let [low, high] = [0, size]; low < high; ) {
      const middle = Math.floor((low + high) / 2);
      const [batch] = await this.support.batches(this.log, { from: middle, limit: 1 });
      if (batch === undefined || batch.first >= high || seq < batch.firstSeq) {
        high = Math.min(middle, batch?.first ?? middle);
      } else if (seq > batch.lastSeq) {
        low = batch.first + batch.count;
      } else {
        const at = unpackSeqs(batch.seqs, batch.count).indexOf(seq);
        return at === -1 ? undefined : batch.first + at;
      }
    }
    return undefined;
  }

  /** The leaves of rows, by number of the row, of those that are there. @param start the first leaf that is looked at */
  async leavesOf(seqs: ReadonlySet<number>, start: number): Promise<Map<number, number>> {
    const leaves = new Map<number, number>();
    for await (const { first, count, seqs: packed } of this.#from(start)) {
      for (const [at, seq] of unpackSeqs(packed, count).entries()) if (seqs.has(seq)) leaves.set(seq, first + at);
      if (leaves.size === seqs.size) break;
    }
    return leaves;
  }

  /** The batch that has a leaf, or the next one, and those behind it. */
  async *#from(leaf: number): AsyncGenerator<EvidenceBatch> {
    for (let from = leaf; ; ) {
      const page = await this.#pageFrom(from);
      for (const batch of page) if (batch.first + batch.count > from) yield batch;
      const last = page.at(-1);
      if (last === undefined) return;
      from = last.first + last.count;
    }
  }

  async #pageFrom(leaf: number): Promise<readonly EvidenceBatch[]> {
    const [first, last] = [this.#page[0], this.#page.at(-1)];
    const isKept = first !== undefined && last !== undefined && first.first <= leaf && leaf < last.first + last.count;
    if (!isKept) this.#page = await this.support.batches(this.log, { from: leaf, limit: PAGE });
    return this.#page;
  }
}
