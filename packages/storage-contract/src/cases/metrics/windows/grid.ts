import assert from "node:assert/strict";
import type { MetricDimension, MetricSample, MetricWindow } from "@agent-assembly/storage-core";
import { defineCases } from "../../../contract-case.js";
import { ANY_TIME, event } from "../../../support/fixtures.js";
import { assertClose, at, HOUR, MINUTE, recorded, T0 } from "../support.js";
import { byMinute, results, values } from "./support.js";

/** Windows and the grid of buckets that they are computed on. */
export const windowGridCases = defineCases([
  {
    id: "metrics.window.several-at-once",
    title: "results come in the order of the windows, and none depends on the other windows of the query",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await recorded(backend, values({ "-4": 32, "-2": 16, 1: 1, 2: 2 }));
      const all: MetricWindow[] = [
        { function: "lag" },
        { function: "movingSum", size: 4 },
        { function: "rank" },
        { function: "lag", size: 3 },
        { function: "cumulativeSum" },
        { function: "lag" },
        { function: "shareOfTotal" },
        { function: "movingMin", size: 2 },
        { function: "delta" },
        { function: "movingAvg", size: 3 },
      ];
      for (const fill of ["none", "null", "zero", "previous"] as const) {
        const together = await results(backend, byMinute(0, 4, all, { fill }));
        for (const [n, window] of all.entries()) {
          const alone = await results(backend, byMinute(0, 4, window, { fill }));
          assert.deepEqual(
            alone,
            together.map(([bucket, value, ...ofWindows]) => [bucket, value, ofWindows[n]]),
            `${fill}: ${JSON.stringify(window)}`,
          );
        }
      }
    },
  },
  {
    id: "metrics.window.cut-by-from",
    title:
      "a bucket that from or to cuts has the value of its part; those before it are whole, and only groups of the range are shown",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await recorded(backend, [
        at(-2 * MINUTE, 1, { agentId: "a" }),
        at(-MINUTE, 2, { agentId: "a" }),
        at(-1, 4, { agentId: "a" }),
        at(0, 8, { agentId: "a" }),
        at(MINUTE / 2, 16, { agentId: "a" }),
        at(2 * MINUTE, 32, { agentId: "a" }),
        at(2 * MINUTE + 1, 64, { agentId: "a" }),
        at(-MINUTE, 128, { agentId: "before" }),
        at(0, 128, { agentId: "before" }),
        at(MINUTE, 3, { agentId: "new" }),
      ]);
      const query = {
        ...byMinute(0, 0, [{ function: "movingSum", size: 2 }, { function: "lag", size: 2 }, { function: "rank" }]),
        from: new Date(T0 + MINUTE / 2),
        to: new Date(T0 + 2 * MINUTE + 1),
        groupBy: ["agentId"] as const,
      };
      const series = await backend.metrics.query(query);
      assert.deepEqual(
        series.map(({ key, points }) => [
          key.agentId,
          ...points.map(({ ts, value, windows = [] }) => [(ts.getTime() - T0) / MINUTE, value, ...windows]),
        ]),
        [
          ["a", [0, 16, 22, 1, 1], [2, 32, 32, 16, 1]],
          ["new", [1, 3, 3, null, 1]],
        ],
      );
      const rate = await backend.metrics.query({
        ...query,
        aggregate: "rate",
        window: { function: "lag" },
        agentId: "a",
      });
      assert.deepEqual(
        rate[0]?.points.map(({ value, windows = [] }) => [value, ...windows]),
        [
          [16 / 30, 6 / 60],
          [32 / 0.001, null],
        ],
      );
    },
  },
  {
    id: "metrics.window.one-bucket",
    title: "a range of one bucket has windows of one bucket, and still looks before itself",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await recorded(backend, values({ "-1": 8, 0: 10 }));
      const window: MetricWindow[] = [
        { function: "movingAvg", size: 1 },
        { function: "cumulativeSum" },
        { function: "lag" },
        { function: "delta" },
        { function: "percentChange" },
        { function: "rank" },
        { function: "shareOfTotal" },
      ];
      assert.deepEqual(await results(backend, byMinute(0, 1, window)), [[0, 10, 10, 10, 8, 2, 25, 1, 1]]);
      assert.deepEqual(await backend.metrics.query(byMinute(2, 3, window, { fill: "zero" })), []);
      assert.deepEqual(await backend.metrics.query(byMinute(1, 2, window, { fill: "previous" })), []);
    },
  },
  {
    id: "metrics.window.clock-changes",
    title: "windows count buckets: a day has 23 or 25 hours of them where clocks change, and a shorter last one",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const hourly = (from: string, count: number): MetricSample[] =>
        Array.from({ length: count }, (_, n) => ({ ts: new Date(Date.parse(from) + n * HOUR), metric: "m", value: n }));
      // 2026-03-29 began in Berlin at 23:00 UTC, and was 23 hours long.
      await recorded(backend, hourly("2026-03-27T23:00:00Z", 71));
      const of = async (from: string, to: string, every: string, window: MetricWindow, timeZone: string) => {
        const query = { metric: "m", from: new Date(from), to: new Date(to), aggregate: "sum", window } as const;
        const [series] = await backend.metrics.query({ ...query, bucket: { every, timeZone } });
        return series?.points.map(({ ts, value, windows = [] }) => [ts.toISOString().slice(5, 16), value, ...windows]);
      };
      const zone = "Europe/Berlin";
      const days = await of("2026-03-28T23:00:00Z", "2026-03-30T22:00:00Z", "1d", { function: "lag" }, zone);
      assert.deepEqual(days, [
        ["03-28T23:00", 805, (24 * 23) / 2],
        ["03-29T22:00", 24 * 47 + (24 * 23) / 2, 805],
      ]);
      const lag: MetricWindow = { function: "lag", size: 24 };
      const hours = await of("2026-03-28T23:00:00Z", "2026-03-29T23:00:00Z", "1h", lag, zone);
      assert.equal(hours?.length, 24);
      for (const [n, point] of (hours ?? []).entries()) assert.equal(point[2], n, String(point[0]));
      // On Lord Howe Island the clock went back by half an hour on 2026-04-05, whose 25th bucket is that half hour.
      await recorded(backend, [
        { ts: new Date("2026-04-05T12:59:59Z"), metric: "m", value: 16 },
        { ts: new Date("2026-04-05T13:00:00Z"), metric: "m", value: 32 },
        { ts: new Date("2026-04-05T13:30:00Z"), metric: "m", value: 64 },
      ]);
      const short: MetricWindow = { function: "lag", size: 1 };
      assert.deepEqual(await of("2026-04-05T12:00:00Z", "2026-04-05T14:30:00Z", "1h", short, "Australia/Lord_Howe"), [
        ["04-05T12:00", 16, null],
        ["04-05T13:00", 32, 16],
        ["04-05T13:30", 64, 32],
      ]);
    },
  },
  {
    id: "metrics.window.exact",
    title: "sums and differences of amounts are exact, also in long windows; results are in the unit asked for",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.metrics.define({ name: "m", kind: "delta", unit: "ms", decimals: 1 });
      await recorded(
        backend,
        Array.from({ length: 1000 }, (_, n) => at(n * MINUTE, 0.1)),
      );
      await recorded(backend, values({ 1000: 500, 1001: 999.7 }));
      const window: MetricWindow[] = [
        { function: "cumulativeSum" },
        { function: "movingSum", size: 3 },
        { function: "delta" },
        { function: "percentChange" },
      ];
      const own = await results(backend, byMinute(0, 1002, window));
      assert.deepEqual(own[2], [2, 0.1, 0.3, 0.3, 0, 0]);
      assert.deepEqual(own[999], [999, 0.1, 100, 0.3, 0, 0]);
      assert.deepEqual(own[1001], [1001, 999.7, 1599.7, 1499.8, 499.7, 99.94]);
      const converted = await results(backend, byMinute(0, 1002, window, { unit: "s" }));
      for (const [n, value] of [1001, 0.9997, 1.5997, 1.4998, 0.4997, 99.94].entries()) {
        assertClose(converted[1001]?.[n], value, `result ${n}`);
      }
      const long = await results(backend, byMinute(0, 1002, { function: "movingSum", size: 1000 }));
      assert.equal(long[999]?.[2], 100);
    },
  },
  {
    id: "metrics.window.event-metrics",
    title: "metrics that come from events have windows too",
    async run({ storage }) {
      const { audit, metrics } = await storage(ANY_TIME);
      const minutes = [-1, -1, 0, 0, 0, 0, 2];
      await audit.append(
        minutes.map((minute, n) =>
          event(n, { ts: new Date(T0 + minute * MINUTE + n), agentId: n % 2 === 0 ? "a" : "b" }),
        ),
      );
      const window: MetricWindow[] = [{ function: "delta" }, { function: "movingSum", size: 2 }];
      const query = byMinute(0, 3, window, { metric: "tool.calls", fill: "zero" });
      const [series] = await metrics.query(query);
      assert.deepEqual(
        series?.points.map(({ value, windows = [] }) => [value, ...windows]),
        [
          [4, 2, 6],
          [0, -4, 4],
          [1, 1, 1],
        ],
      );
      const share = {
        ...query,
        groupBy: ["agentId"] as MetricDimension[],
        window: { function: "shareOfTotal" } as const,
      };
      assert.deepEqual(
        (await metrics.query(share)).map(({ key, points }) => [
          key.agentId,
          ...points.map(({ windows }) => windows?.[0]),
        ]),
        [
          ["a", 0.5, null, 1],
          ["b", 0.5, null, 0],
        ],
      );
    },
  },
]);
