import { type BenchResult, inTurn, judge, seconds } from "../result.js";
import { sampleEvents } from "../sample.js";
import { rawInsert, withStores } from "./store.js";

const START = Date.UTC(2026, 0, 1);

/** Batches of 1,000 against one prepared insert in one transaction per batch. */
export function batches(quick: boolean): Promise<BenchResult> {
  const count = quick ? 20 : 50;
  return withStores(async (ours, raw) => {
    const insert = rawInsert(raw);
    let at = START;
    const make = () => {
      at += count * 1000;
      return Array.from({ length: count }, (_, n) => sampleEvents(1000, at + n * 1000));
    };
    const rate = async (work: (made: ReturnType<typeof make>) => unknown) => {
      const made = make();
      return (count * 1000) / (await seconds(() => work(made)));
    };
    const measured = await inTurn(
      quick ? 3 : 7,
      () =>
        rate(async (made) => {
          for (const batch of made) await ours.audit.append(batch);
        }),
      () =>
        rate((made) => {
          for (const batch of made)
            raw.transaction(() => {
              for (const event of batch) insert(event);
            })();
        }),
    );
    return judge("sqlite append, batches of 1,000", "events/s", measured, { kind: "at least", ratio: 0.8 });
  });
}

/** 10,000 appends of one event started at once, against one transaction per event. */
export function singles(quick: boolean): Promise<BenchResult> {
  const count = 10_000;
  return withStores(async (ours, raw) => {
    const insert = rawInsert(raw);
    let at = START;
    const make = () => {
      at += count;
      return sampleEvents(count, at);
    };
    const measured = await inTurn(
      quick ? 2 : 5,
      async () => {
        const events = make();
        return count / (await seconds(() => Promise.all(events.map((event) => ours.audit.append([event])))));
      },
      async () => {
        const events = make();
        const one = raw.transaction(insert);
        return (
          count /
          (await seconds(() => {
            for (const event of events) one(event);
          }))
        );
      },
    );
    return judge("sqlite append, 10,000 concurrent singles", "events/s", measured, { kind: "at least", ratio: 14 });
  });
}
