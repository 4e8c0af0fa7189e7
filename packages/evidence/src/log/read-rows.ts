import {
  type EvidenceEvent,
  type EvidenceSupport,
  MAX_EVIDENCE_LIMIT,
  type RowPlaces,
} from "@agent-assembly/storage-core/backend";

/** Rows of leaves of some batches. */
export interface WantedRows {
  /** Numbers of the rows that were sealed. */
  readonly own: readonly number[];
  /** Numbers of rows that were restored in place of such: other transactions stored them. */
  readonly moved: readonly number[];
  /** Of the batches; absent without any. */
  readonly places: RowPlaces | undefined;
  /** Whether a row should be there: one that is not where its batch says is then looked for at all times of the batch. */
  readonly isExpected: (seq: number) => boolean;
}

/** Reads the rows that are there, by their numbers. */
export async function readRows(
  support: Pick<EvidenceSupport, "rows">,
  { own, moved, places, isExpected }: WantedRows,
): Promise<Map<number, EvidenceEvent>> {
  const found = new Map<number, EvidenceEvent>();
  const read = async (seqs: readonly number[], at: RowPlaces | undefined): Promise<void> => {
    for (let from = 0; from < seqs.length; from += MAX_EVIDENCE_LIMIT) {
      for (const row of await support.rows(seqs.slice(from, from + MAX_EVIDENCE_LIMIT), at)) found.set(row.seq, row);
    }
  };
  const times = places && { from: places.from, to: places.to };
  await read(own, places);
  await read(moved, times);
  if (places?.transactions !== undefined) {
    await read(
      own.filter((seq) => !found.has(seq) && isExpected(seq)),
      times,
    );
  }
  return found;
}
