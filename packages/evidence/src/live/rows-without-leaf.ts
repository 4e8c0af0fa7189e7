import type { AuditKey, EvidenceSupport } from "@agent-assembly/storage-core/backend";
import type { SeqSet } from "../log/seq-set.js";

/** Rows that sealing has passed, and that no leaf stands for. */
export interface RowsWithoutLeaf {
  /** The first ones. */
  readonly seqs: readonly number[];
  /** How many there are. */
  readonly count: number;
}

const PAGE = 4096;
/** Rows that are looked at one by one. */
const MOST_ROWS = 10_000;

/** Walks the keys of all rows up to a position. */
export async function rowsWithoutLeaf(
  support: EvidenceSupport,
  position: string,
  sealed: SeqSet,
  signal: AbortSignal | undefined,
): Promise<RowsWithoutLeaf> {
  const seqs: number[] = [];
  let count = 0;
  for (let after: AuditKey | undefined; ; ) {
    signal?.throwIfAborted();
    const page = await support.keys(position, after, PAGE);
    for (const { seq } of page) {
      if (sealed.has(seq)) continue;
      count++;
      if (seqs.length < MOST_ROWS) seqs.push(seq);
    }
    after = page.at(-1);
    if (page.length < PAGE) return { seqs: seqs.sort((a, b) => a - b), count };
  }
}
