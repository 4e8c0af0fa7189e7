import { batchRates, singleRates } from "../append-rates.js";
import { type BenchResult, judge } from "../result.js";
import { rawInsert, withStores } from "./store.js";

const START = Date.UTC(2026, 0, 1);

/** Batches of 1,000 against one prepared insert in one transaction per batch. */
export function batches(quick: boolean): Promise<BenchResult> {
  return withStores(async (ours, raw) => {
    const insert = rawInsert(raw);
    const measured = await batchRates(
      quick ? 20 : 50,
      async (made) => {
        for (const batch of made) await ours.audit.append(batch);
      },
      {
        rounds: quick ? 3 : 7,
        startMs: START,
        floor: (made) => {
          for (const batch of made)
            raw.transaction(() => {
              for (const event of batch) insert(event);
            })();
        },
      },
    );
    return judge("sqlite append, batches of 1,000", "events/s", measured, { kind: "at least", ratio: 0.8 });
  });
}

/** 10,000 appends of one event started at once, against one transaction per event. */
export function singles(quick: boolean): Promise<BenchResult> {
  return withStores(async (ours, raw) => {
    const insert = rawInsert(raw);
    const measured = await singleRates(ours, {
      rounds: quick ? 2 : 5,
      startMs: START,
      floor: (events) => {
        const one = raw.transaction(insert);
        for (const event of events) one(event);
      },
    });
    return judge("sqlite append, 10,000 concurrent singles", "events/s", measured, { kind: "at least", ratio: 14 });
  });
}
