import type {
  EvidenceBatch,
  EvidenceMove,
  EvidenceStatement,
  EvidenceSupport,
  RowPlaces,
} from "@agent-assembly/storage-core/backend";
import { isEvidenceError } from "../errors.js";
import type { Finding } from "../findings.js";
import { readMoves } from "../log/read-moves.js";
import { placesOf } from "../log/row-places.js";
import { unpackSeqs } from "../log/seq-list.js";

/** Leaves that are looked at together, as many as a bundle has: more of them take memory and save no time. */
export const SLICE_LEAVES = 256;
const NONE = -1;
const STATEMENT = -2;

/** What the leaves of one slice stand for. */
export interface Slice {
  /** The first leaf. */
  readonly first: number;
  /** Leaves. */
  readonly count: number;
  /** By leaf of the slice: the number of a row; -1 where nothing says what the leaf is, -2 for a statement. */
  readonly rows: Float64Array;
  readonly statements: readonly EvidenceStatement[];
  /** By leaf: the rows that are said to have been restored. */
  readonly moves: ReadonlyMap<number, EvidenceMove>;
  /** Of the rows; absent where nothing says which those are. */
  readonly places: RowPlaces | undefined;
}

/** Reads what leaves stand for, and finds batches that do not say it. */
export class Coverage {
  readonly findings: Finding[] = [];
  /** Of the batch that the slice before ended in. */
  #last: { readonly first: number; readonly seqs: readonly number[] } | undefined;

  constructor(
    private readonly support: EvidenceSupport,
    private readonly log: number,
  ) {}

  async slice(first: number, count: number): Promise<Slice> {
    const rows = new Float64Array(count).fill(NONE);
    const batches = await this.#batches(first, first + count);
    for (const batch of batches) {
      const seqs = this.#seqsOf(batch);
      const end = Math.min(first + count, batch.first + batch.count);
      for (let leaf = Math.max(first, batch.first); leaf < end; leaf++) {
        rows[leaf - first] = seqs[leaf - batch.first] ?? NONE;
      }
    }
    const statements = (await this.support.statements(this.log, { from: first, limit: SLICE_LEAVES })).filter(
      ({ leaf }) => leaf < first + count,
    );
    for (const { leaf } of statements) rows[leaf - first] = STATEMENT;
    const moves = await readMoves(this.support, this.log, first, first + count);
    return { first, count, rows, statements, moves, places: placesOf(batches) };
  }

  async #batches(first: number, end: number): Promise<EvidenceBatch[]> {
    const found: EvidenceBatch[] = [];
    for (let from = first; ; ) {
      const part = await this.support.batches(this.log, { from, limit: 64 });
      found.push(...part.filter((batch) => batch.first < end));
      const last = part.at(-1);
      if (last === undefined || part.length < 64 || last.first + last.count >= end) return found;
      from = last.first + last.count;
    }
  }

  #seqsOf(batch: EvidenceBatch): readonly number[] {
    if (this.#last?.first === batch.first) return this.#last.seqs;
    let seqs: readonly number[] = [];
    try {
      seqs = unpackSeqs(batch.seqs, batch.count);
    } catch (error) {
      // Its leaves are then such that nothing says what they are.
      if (!isEvidenceError(error)) throw error;
    }
    this.#last = { first: batch.first, seqs };
    return seqs;
  }
}

export function isRow(seq: number): boolean {
  return seq >= 0;
}

export function isUncovered(seq: number): boolean {
  return seq === NONE;
}
