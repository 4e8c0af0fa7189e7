import type { TimeRange } from "../folder/selection.js";
import type { SeqSet } from "../log/seq-set.js";
import { keyBeforeTime, type SpanParts } from "./spans.js";

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

/** Walks the keys of all rows of a range of time up to a position. */
export async function rowsWithoutLeaf(
  { support, position, signal }: Pick<SpanParts, "support" | "position" | "signal">,
  sealed: SeqSet,
  { from, to }: TimeRange,
): Promise<RowsWithoutLeaf> {
  const seqs: number[] = [];
  let count = 0;
  for (let after = keyBeforeTime(from); ; ) {
    signal?.throwIfAborted();
    const page = await support.keys(position, after, PAGE);
    for (const { seq, ts } of page) {
      if (sealed.has(seq) || ts >= to) continue;
      count++;
      if (seqs.length < MOST_ROWS) seqs.push(seq);
    }
    after = page.at(-1);
    if (page.length < PAGE || after === undefined || after.ts >= to) return { seqs: seqs.sort((a, b) => a - b), count };
  }
}
