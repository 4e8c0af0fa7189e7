import type { EvidenceBatch, RowPlaces } from "@agent-assembly/storage-core/backend";

/** Where the rows of some batches lie; `undefined` without batches. */
export function placesOf(
  batches: readonly Pick<EvidenceBatch, "fromTs" | "toTs" | "transactions">[],
): RowPlaces | undefined {
  const [one] = batches;
  if (one === undefined) return undefined;
  let [from, to, transactions] = [one.fromTs, one.toTs, one.transactions];
  for (const batch of batches) {
    from = Math.min(from, batch.fromTs);
    to = Math.max(to, batch.toTs);
    transactions = transactions &&
      batch.transactions && {
        first: Math.min(transactions.first, batch.transactions.first),
        last: Math.max(transactions.last, batch.transactions.last),
      };
  }
  return { from, to, ...(transactions !== undefined && { transactions }) };
}
