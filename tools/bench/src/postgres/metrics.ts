import { setTimeout as sleep } from "node:timers/promises";
import type { MetricSample, StorageBackend } from "@agent-assembly/storage-core";
import { medianMs } from "../reads.js";
import { type BenchResult, judge, withinBudget } from "../result.js";
import { type BenchServer, DAY_MS, type Sql, withStore } from "./store.js";

const YEAR_MS = 365 * DAY_MS;
/** The year before today's. */
const FROM = Math.floor(Date.now() / DAY_MS) * DAY_MS - YEAR_MS;
const RANGE = { metric: "tokens", from: new Date(FROM), to: new Date(FROM + YEAR_MS) } as const;
const AGENTS = 10;
const MODELS = ["small", "large"];
const BATCH = 5000;

/** Questions about a year of samples, and what their number does to the time that answers take. */
export function metricQuestions(server: BenchServer, quick: boolean): Promise<BenchResult[]> {
  const many = quick ? 300_000 : 10_000_000;
  const rounds = quick ? 9 : 21;
  return withStore(server, (small, rawSmall) =>
    withStore(server, async (large, rawLarge) => {
      await fillYear(small, rawSmall, 10_000);
      await fillYear(large, rawLarge, many);
      const name = `postgres (${server.edition})`;
      const against = async (what: string, ask: (storage: StorageBackend) => Promise<unknown>) => {
        const floor = await medianMs(rounds, () => ask(small));
        const value = await medianMs(rounds, () => ask(large));
        const title = `${name} metrics.${what} at ${many / 1_000_000}M samples, against 10k`;
        return judge(title, "ms", { value, floor, ratio: value / floor }, { kind: "at most", ratio: 1.5 });
      };
      const smoothed = await medianMs(rounds, () =>
        large.metrics.query({
          ...RANGE,
          aggregate: "sum",
          bucket: { every: "1h" },
          window: { function: "movingAvg", size: 24 },
        }),
      );
      return [
        withinBudget(`${name} moving average of a year's hours, ${many / 1_000_000}M samples`, "ms", smoothed, 100),
        await against("list", (storage) => storage.metrics.list()),
        await against("top", (storage) => storage.metrics.top({ ...RANGE, by: ["agentId", "labels.model"] })),
      ];
    }),
  );
}

/** Samples at even distances over the year, the agents and models in turn, and their totals kept. */
async function fillYear(storage: StorageBackend, raw: Sql, count: number): Promise<void> {
  await storage.metrics.define({ name: "tokens", unit: "tokens", kind: "delta", decimals: 0 });
  const batches = Math.ceil(count / BATCH);
  let next = 0;
  const writer = async (): Promise<void> => {
    for (let batch = next++; batch < batches; batch = next++) {
      const length = Math.min(BATCH, count - batch * BATCH);
      await storage.metrics.record(Array.from({ length }, (_, i) => sampleOf(batch * BATCH + i, count)));
    }
  };
  await Promise.all([writer(), writer(), writer(), writer()]);
  // Answers are the same before, but this is about a store at rest: its totals are folded, and autovacuum has come by.
  while (Number((await raw`SELECT count(*) AS rows FROM pending_metric_totals`)[0]?.rows) > 0) await sleep(100);
  await raw`VACUUM ANALYZE`;
}

function sampleOf(index: number, count: number): MetricSample {
  return {
    ts: new Date(FROM + Math.floor((index / count) * YEAR_MS)),
    metric: "tokens",
    value: 100 + (index % 900),
    agentId: `agent-${index % AGENTS}`,
    teamId: `team-${index % 3}`,
    labels: { model: MODELS[Math.floor(index / AGENTS) % MODELS.length] as string },
  };
}
