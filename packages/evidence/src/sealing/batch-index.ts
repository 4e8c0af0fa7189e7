import type { EvidenceBatch, EvidenceSupport } from "@agent-assembly/storage-core/backend";
import { unpackSeqs } from "./seq-list.js";

type BatchPlace = Omit<EvidenceBatch, "seqs">;

interface Indexed extends BatchPlace {
  /** The greatest number of a row in this batch or one before it in the index. */
  readonly upTo: number;
}

const PAGE = 1024;
/** Batches whose numbers of rows are kept. */
const MOST_UNPACKED = 16;

/** Where the batches of a log are, by the numbers of their rows: to find leaves of many rows. */
export class BatchIndex {
  readonly #unpacked = new Map<number, readonly number[]>();

  private constructor(
    private readonly support: Pick<EvidenceSupport, "batches">,
    private readonly log: number,
    /** By the least number of a row. */
    private readonly batches: readonly Indexed[],
  ) {}

  static async read(support: Pick<EvidenceSupport, "batches">, log: number): Promise<BatchIndex> {
    const found: BatchPlace[] = [];
    for (let from = 0; ; ) {
      const page = await support.batches(log, { from, limit: PAGE });
      for (const { seqs: _, ...place } of page) found.push(place);
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) break;
      from = last.first + last.count;
    }
    found.sort((a, b) => a.firstSeq - b.firstSeq);
    let upTo = 0;
    const indexed = found.map((place) => {
      upTo = Math.max(upTo, place.lastSeq);
      return { ...place, upTo };
    });
    return new BatchIndex(support, log, indexed);
  }

  /** The leaf of a row; `undefined` where no leaf stands for it. */
  async leafOf(seq: number): Promise<number | undefined> {
    let [low, high] = [0, this.batches.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.batches[middle] as Indexed).firstSeq <= seq) low = middle + 1;
      else high = middle;
    }
    for (let at = low - 1; at >= 0; at--) {
      const batch = this.batches[at] as Indexed;
      if (batch.upTo < seq) return undefined;
      if (batch.lastSeq < seq) continue;
      const place = (await this.#seqsOf(batch)).indexOf(seq);
      if (place !== -1) return batch.first + place;
    }
    return undefined;
  }

  async #seqsOf({ first }: BatchPlace): Promise<readonly number[]> {
    const known = this.#unpacked.get(first);
    if (known !== undefined) return known;
    const [batch] = await this.support.batches(this.log, { from: first, limit: 1 });
    const seqs = batch?.first === first ? unpackSeqs(batch.seqs, batch.count) : [];
    const [oldest] = this.#unpacked.keys();
    if (oldest !== undefined && this.#unpacked.size >= MOST_UNPACKED) this.#unpacked.delete(oldest);
    this.#unpacked.set(first, seqs);
    return seqs;
  }
}
