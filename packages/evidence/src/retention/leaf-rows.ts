import { type EvidenceEvent, type EvidenceSupport, MAX_EVIDENCE_LIMIT } from "@agent-assembly/storage-core/backend";
import { readMoves } from "../log/read-moves.js";
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
    const leafOf = new Map<number, number>();
    for (const [at, seq] of unpackSeqs(batch.seqs, batch.count).entries()) {
      if (wanted.has(batch.first + at)) leafOf.set(seq, batch.first + at);
    }
    for (const { leaf, seq } of (await readMoves(support, log, batch.first, next)).values()) {
      if (wanted.has(leaf)) leafOf.set(seq, leaf);
    }
    const seqs = [...leafOf.keys()];
    const between = { from: batch.fromTs, to: batch.toTs };
    for (let from = 0; from < seqs.length; from += MAX_EVIDENCE_LIMIT) {
      for (const row of await support.rows(seqs.slice(from, from + MAX_EVIDENCE_LIMIT), between)) {
        yield { ...row, leaf: leafOf.get(row.seq) as number };
      }
    }
  }
}
