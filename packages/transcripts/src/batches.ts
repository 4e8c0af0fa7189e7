import type { TranscriptItem } from "./item.js";

/** Items that are there without waiting; read each batch to its end before the next. */
export type Batch = Iterable<TranscriptItem>;

const BATCHES = new WeakMap<AsyncIterable<TranscriptItem>, AsyncIterable<Batch>>();

/** The items of batches one by one; {@link batchesOf} gives the batches back. */
export function inBatches(batches: AsyncIterable<Batch>): AsyncGenerator<TranscriptItem> {
  const items = oneByOne(batches, () => BATCHES.delete(items));
  BATCHES.set(items, batches);
  return items;
}

/** @param begin called before the first one: what was taken from a batch would be missing from it */
async function* oneByOne(batches: AsyncIterable<Batch>, begin: () => void): AsyncGenerator<TranscriptItem> {
  begin();
  for await (const batch of batches) yield* batch;
}

/** The batches that items came in, or each item as one: to wait for each takes a good part of the time of reading it. */
export function batchesOf(items: AsyncIterable<TranscriptItem>): AsyncIterable<Batch> {
  return BATCHES.get(items) ?? eachAlone(items);
}

async function* eachAlone(items: AsyncIterable<TranscriptItem>): AsyncGenerator<Batch> {
  for await (const item of items) yield [item];
}
