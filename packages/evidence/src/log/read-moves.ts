import { type EvidenceMove, type EvidenceSupport, MAX_EVIDENCE_LIMIT } from "@agent-assembly/storage-core/backend";

/** Leaves whose row was restored from an archive, by leaf. @param end exclusive */
export async function readMoves(
  support: Pick<EvidenceSupport, "moved">,
  log: number,
  start: number,
  end: number,
): Promise<ReadonlyMap<number, EvidenceMove>> {
  const moves = new Map<number, EvidenceMove>();
  for (let from = start; from < end; ) {
    const page = await support.moved(log, { from, limit: MAX_EVIDENCE_LIMIT });
    for (const move of page) if (move.leaf < end) moves.set(move.leaf, move);
    const last = page.at(-1);
    if (last === undefined || page.length < MAX_EVIDENCE_LIMIT) break;
    from = last.leaf + 1;
  }
  return moves;
}
