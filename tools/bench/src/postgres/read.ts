import { hourlyCounts, medianMs, newestPages, pagesAtDepth, streamRate } from "../reads.js";
import { type BenchResult, inTurn, judge, seconds } from "../result.js";
import { RAW_COLUMNS } from "../sample.js";
import { streamGrowth } from "../stream-growth.js";
import { type BenchServer, DAY_MS, fill, START, withStore } from "./store.js";

/** Newest 100 of an agent in a range, and counts per hour and decision: the same SQL through the raw driver. */
export function queries(server: BenchServer, quick: boolean): Promise<BenchResult[]> {
  const count = quick ? 50_000 : 500_000;
  return withStore(server, async (ours, raw) => {
    await fill(raw, count, START, Math.floor((7 * DAY_MS) / count));
    const from = new Date(START);
    const to = new Date(START + 7 * DAY_MS);
    const newest = `SELECT ${RAW_COLUMNS} FROM audit_events WHERE ts >= $2 AND ts < $3 AND agent_id = $1 ORDER BY ts DESC, event_id DESC LIMIT $4::bigint`;
    const repeat = 100;
    const page = await inTurn(
      quick ? 3 : 9,
      () => newestPages(ours, { from, to }, repeat),
      async () =>
        repeat /
        (await seconds(async () => {
          for (let i = 0; i < repeat; i++)
            await raw.unsafe(newest, [`agent-${i % 50}`, from, to, 100], { prepare: true });
        })),
    );
    const hourly = `SELECT date_bin('1 hour', ts, 'epoch'), decision, count(*) FROM audit_events WHERE ts >= $1 AND ts < $2 GROUP BY 1, 2`;
    const counts = await inTurn(
      quick ? 3 : 7,
      () => hourlyCounts(ours, { from, to }),
      async () => 1 / (await seconds(() => raw.unsafe(hourly, [from, to], { prepare: true }))),
    );
    const name = `postgres (${server.edition})`;
    return [
      judge(`${name} newest 100 of one agent`, "queries/s", page, { kind: "at least", ratio: 0.8 }),
      judge(`${name} count per hour and decision`, "queries/s", counts, { kind: "at least", ratio: 0.9 }),
    ];
  });
}

/** Pages at depth, and a stream of everything against the raw driver's cursor, with the memory it takes. */
export function depth(server: BenchServer, quick: boolean): Promise<BenchResult[]> {
  const count = quick ? 100_000 : 1_000_000;
  return withStore(server, async (ours, raw, url) => {
    await fill(raw, count + 1000, START, 1000);
    const paging = await pagesAtDepth(ours, count, quick ? 3 : 5);
    const streaming = await inTurn(
      quick ? 1 : 2,
      () => streamRate(ours),
      async () => {
        let seen = 0;
        const taken = await seconds(async () => {
          const cursorOfDriver = raw
            .unsafe(`SELECT ${RAW_COLUMNS} FROM audit_events ORDER BY ts, event_id`, [], {
              prepare: true,
              simple: false,
            } as object)
            .cursor(1000);
          for await (const rows of cursorOfDriver) seen += rows.length;
        });
        return seen / taken;
      },
    );
    const name = `postgres (${server.edition})`;
    const stream = `${name} stream of ${count / 1_000_000}M events`;
    return [
      judge(`${name} page of 100 at depth ${count}`, "ms", paging, { kind: "at most", ratio: 1.3 }),
      judge(stream, "events/s", streaming, { kind: "at least", ratio: 0.6 }),
      await streamGrowth(stream, { backend: "postgres", url, migrate: "off" }),
    ];
  });
}

/** health() with many rows against few. */
export function health(server: BenchServer, quick: boolean): Promise<BenchResult> {
  const many = quick ? 500_000 : 10_000_000;
  return withStore(server, (small, rawSmall) =>
    withStore(server, async (large, rawLarge) => {
      await fill(rawSmall, 10_000, START, 259_200);
      await fill(rawLarge, many, START, Math.floor((30 * DAY_MS) / many));
      const time = (storage: typeof small) => medianMs(40, () => storage.health());
      const measured = await inTurn(
        quick ? 3 : 7,
        () => time(large),
        () => time(small),
      );
      const name = `postgres (${server.edition}) health() at ${(many / 1_000_000).toString()}M rows`;
      return judge(name, "ms", measured, { kind: "at most", ratio: 2 });
    }),
  );
}
