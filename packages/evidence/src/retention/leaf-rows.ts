import type { EvidenceEvent, EvidenceSupport } from "@agent-assembly/storage-core/backend";
import { readMoves } from "../log/read-moves.js";
import { readRows } from "../log/read-rows.js";
import { placesOf } from "../log/row-places.js";
import { unpackSeqs } from "../log/seq-list.js";

/** A leaf, and the row that it stands for. */
export interface LeafRow extends EvidenceEvent {
  readonly leaf: number;
}

/**
 * The rows of leaves that are there, batch by batch.
 * @param wanted which of the leaves from `start` to before `end`
 */
export async function* rowsOfLeaves(
  support: Pick<EvidenceSupport, "batches" | "moved" | "rows">,
  log: number,
  wanted: { has(leaf: number): boolean },
  { start, end }: { readonly start: number; readonly end: number },
): AsyncGenerator<LeafRow> {
  for (let next = start; next < end; ) {
    const [batch] = await support.batches(log, { from: next, limit: 1 });
    if (batch === undefined) return;
    next = batch.first + batch.count;
    const [own, moved] = [new Map<number, number>(), new Map<number, number>()];
    for (const [at, seq] of unpackSeqs(batch.seqs, batch.count).entries()) {
      if (wanted.has(batch.first + at)) own.set(seq, batch.first + at);
    }
    for (const { leaf, seq } of (await readMoves(support, log, batch.first, next)).values()) {
      if (wanted.has(leaf)) moved.set(seq, leaf);
    }
    const replaced = new Set(moved.values());
    const rows = await readRows(support, {
      own: [...own.keys()],
      moved: [...moved.keys()],
      places: placesOf([batch]),
      isExpected: (seq) => !replaced.has(own.get(seq) as number),
    });
    for (const row of rows.values()) yield { ...row, leaf: (moved.get(row.seq) ?? own.get(row.seq)) as number };
  }
}
