import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import { hourlyCounts, medianMs, newestPages, pagesAtDepth, streamRate } from "../reads.js";
import { type BenchResult, inTurn, judge, seconds } from "../result.js";
import { RAW_COLUMNS } from "../sample.js";
import { streamGrowth } from "../stream-growth.js";
import { fill, fillSmall } from "./fill.js";
import { openRaw, withStores } from "./store.js";

const START = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

/** Newest 100 of an agent in a range, and counts per hour and decision: the same SQL through the raw driver. */
export function queries(quick: boolean): Promise<BenchResult[]> {
  const count = quick ? 50_000 : 500_000;
  const step = Math.floor((7 * DAY_MS) / count);
  return withStores(async (ours, raw, paths) => {
    const filler = openRaw(paths.ours);
    fill(filler, count, START, step);
    filler.close();
    const reader = openRaw(paths.ours);
    const from = new Date(START);
    const to = new Date(START + 7 * DAY_MS);
    const newest = reader.prepare(
      `SELECT ${RAW_COLUMNS} FROM audit_events WHERE agent_id = ? AND ts >= ? AND ts < ? ORDER BY ts DESC, event_id DESC LIMIT ?`,
    );
    const repeat = 300;
    const newestRatio = await inTurn(
      quick ? 3 : 9,
      () => newestPages(ours, { from, to }, repeat),
      async () =>
        repeat /
        (await seconds(() => {
          for (let i = 0; i < repeat; i++) {
            const rows = newest.all(`agent-${i % 50}`, from.getTime(), to.getTime(), 100) as { payload: string }[];
            for (const row of rows) JSON.parse(row.payload);
          }
        })),
    );
    const hourly = reader.prepare(
      "SELECT ts - ts % 3600000 AS bucket, decision, count(*) AS count FROM audit_events WHERE ts >= ? AND ts < ? GROUP BY 1, 2",
    );
    const hourlyRatio = await inTurn(
      quick ? 3 : 7,
      () => hourlyCounts(ours, { from, to }),
      async () => 1 / (await seconds(() => hourly.all(from.getTime(), to.getTime()))),
    );
    reader.close();
    raw.pragma("optimize");
    return [
      judge("sqlite newest 100 of one agent", "queries/s", newestRatio, { kind: "at least", ratio: 0.8 }),
      judge("sqlite count per hour and decision", "queries/s", hourlyRatio, { kind: "at least", ratio: 0.9 }),
    ];
  });
}

/** Pages at depth, and a stream of everything, with the memory it takes. */
export function depth(quick: boolean): Promise<BenchResult[]> {
  const count = quick ? 100_000 : 1_000_000;
  return withStores(async (ours, _raw, paths) => {
    const filler = openRaw(paths.ours);
    fill(filler, count + 1000, START, 1);
    filler.close();

    const paging = await pagesAtDepth(ours, count, quick ? 3 : 5);

    const reader = openRaw(paths.ours);
    const all = reader.prepare(`SELECT ${RAW_COLUMNS} FROM audit_events ORDER BY ts, event_id`);
    const streaming = await inTurn(
      quick ? 1 : 2,
      () => streamRate(ours),
      async () => {
        let seen = 0;
        const taken = await seconds(() => {
          for (const row of all.iterate() as IterableIterator<{ payload: string }>) {
            JSON.parse(row.payload);
            seen++;
          }
        });
        return seen / taken;
      },
    );
    reader.close();
    const name = `sqlite stream of ${(count / 1_000_000).toString()}M events`;
    return [
      judge(`sqlite page of 100 at depth ${count}`, "ms", paging, { kind: "at most", ratio: 1.3 }),
      judge(name, "events/s", streaming, { kind: "at least", ratio: 0.6 }),
      await streamGrowth(name, { backend: "sqlite", path: paths.ours }),
    ];
  });
}

/** health() on a large file against the same on a small one. */
export function health(quick: boolean): Promise<BenchResult> {
  const count = quick ? 500_000 : 10_000_000;
  return withStores(async (_ours, raw, paths) => {
    const filler = openRaw(paths.ours);
    for (let made = 0; made < count; made += 500_000) fillSmall(filler, 500_000, START);
    filler.close();
    fillSmall(raw, 10_000, START);
    const large = await openSqliteStorage({ path: paths.ours });
    const small = await openSqliteStorage({ path: paths.raw });
    const call = (storage: typeof large) => medianMs(200, () => storage.health());
    const measured = await inTurn(
      5,
      () => call(large),
      () => call(small),
    );
    await large.close();
    await small.close();
    return judge(`sqlite health() at ${count} rows`, "ms", measured, { kind: "at most", ratio: 2 });
  });
}
