import { type EvidenceBatch, type EvidenceSupport, MAX_EVIDENCE_LIMIT } from "@agent-assembly/storage-core/backend";
import { unpackSeqs } from "../log/seq-list.js";

/** Batches whose numbers are kept unpacked: rows of a partition come nearly in the order of their leaves. */
const MOST_UNPACKED = 64;
const PAGE = 256;

/** The leaves of the rows of a time range. Batches are kept packed, a byte or two for each leaf. */
export class LeafIndex {
  /** By number of the batch, the newest last. */
  readonly #unpacked = new Map<number, ReadonlyMap<number, number>>();
  #last = 0;

  private constructor(
    private readonly batches: readonly EvidenceBatch[],
    /** By number of the row. */
    private readonly moved: ReadonlyMap<number, number>,
  ) {}

  /** @param to exclusive */
  static async of(support: EvidenceSupport, log: number, from: Date, to: Date): Promise<LeafIndex> {
    const batches: EvidenceBatch[] = [];
    for (let next = 0; ; ) {
      const page = await support.batches(log, { from: next, limit: PAGE });
      batches.push(...page.filter(({ fromTs, toTs }) => toTs >= from.getTime() && fromTs < to.getTime()));
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) break;
      next = last.first + last.count;
    }
    const moved = new Map<number, number>();
    for (let next = 0; ; ) {
      const page = await support.moved(log, { from: next, limit: MAX_EVIDENCE_LIMIT });
      for (const { leaf, seq } of page) moved.set(seq, leaf);
      const last = page.at(-1);
      if (last === undefined || page.length < MAX_EVIDENCE_LIMIT) break;
      next = last.leaf + 1;
    }
    return new LeafIndex(batches, moved);
  }

  /** @returns `null` where no leaf stands for the row */
  leafOf(seq: number): number | null {
    const moved = this.moved.get(seq);
    if (moved !== undefined) return moved;
    for (let tried = 0; tried < this.batches.length; tried++) {
      const number = (this.#last + tried) % this.batches.length;
      const { firstSeq, lastSeq } = this.batches[number] as EvidenceBatch;
      if (seq < firstSeq || seq > lastSeq) continue;
      const leaf = this.#leavesOf(number).get(seq);
      if (leaf === undefined) continue;
      this.#last = number;
      return leaf;
    }
    return null;
  }

  #leavesOf(number: number): ReadonlyMap<number, number> {
    const known = this.#unpacked.get(number);
    if (known !== undefined) return known;
    const { first, count, seqs } = this.batches[number] as EvidenceBatch;
    const leaves = new Map(unpackSeqs(seqs, count).map((seq, at) => [seq, first + at]));
    const [oldest] = this.#unpacked.keys();
    if (oldest !== undefined && this.#unpacked.size >= MOST_UNPACKED) this.#unpacked.delete(oldest);
    this.#unpacked.set(number, leaves);
    return leaves;
  }
}
