import assert from "node:assert/strict";
import type { MetricFill, MetricWindow } from "@agent-assembly/storage-core";
import { defineCases } from "../../../contract-case.js";
import { ANY_TIME } from "../../../support/fixtures.js";
import { at, MINUTE, recorded } from "../support.js";
import { byMinute, type Result, results, values } from "./support.js";

/** Functions over the buckets of a series, or over the series of a bucket. */
export const windowCases = defineCases([
  {
    id: "metrics.window.moving",
    title: "moving functions take the bucket and those before it, read before from where needed, and leave gaps out",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await recorded(backend, values({ "-3": 64, "-2": 1, "-1": 2, 0: 4, 1: 8, 3: 16, 4: -8, 5: 64 }));
      const moving = (["movingSum", "movingAvg", "movingMin", "movingMax"] as const).map((name) => ({
        function: name,
      }));
      const of = (size: number, fill?: MetricFill) =>
        results(
          backend,
          byMinute(
            0,
            5,
            moving.map((window) => ({ ...window, size })),
            { fill },
          ),
        );
      assert.deepEqual(await of(3), [
        [0, 4, 7, 7 / 3, 1, 4],
        [1, 8, 14, 14 / 3, 2, 8],
        [3, 16, 24, 12, 8, 16],
        [4, -8, 8, 4, -8, 16],
      ]);
      assert.deepEqual((await of(3, "null"))[2], [2, null, 12, 6, 4, 8]);
      assert.deepEqual(
        await of(1),
        [
          [0, 4],
          [1, 8],
          [3, 16],
          [4, -8],
        ].map(([bucket, value]) => [bucket, value, value, value, value, value]),
      );
      assert.deepEqual((await of(5))[0], [0, 4, 71, 17.75, 1, 64]);
      // A gap as long as the window leaves nothing to combine.
      const gap = await results(backend, byMinute(5, 8, { function: "movingSum", size: 2 }, { fill: "null" }));
      assert.deepEqual(gap, [
        [5, 64, 56],
        [6, null, 64],
        [7, null, null],
      ]);
    },
  },
  {
    id: "metrics.window.average-of-samples",
    title: "a moving average of averages is that of all samples, and filled buckets weigh nothing",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await recorded(backend, [
        ...values({ "-1": 2 }),
        at(0, 10),
        at(1, 20),
        at(2, 30),
        ...values({ 3: 8 }),
        at(3 * MINUTE, 0),
      ]);
      const of = (fill: MetricFill) =>
        results(backend, byMinute(0, 5, { function: "movingAvg", size: 2 }, { aggregate: "avg", fill }));
      assert.deepEqual(await of("null"), [
        [0, 20, 15.5],
        [1, null, 20],
        [2, null, null],
        [3, 4, 4],
        [4, null, 4],
      ]);
      assert.deepEqual(await of("previous"), [
        [0, 20, 15.5],
        [1, 20, 20],
        [2, 20, null],
        [3, 4, 4],
        [4, 4, 4],
      ]);
      assert.deepEqual(await of("zero"), [
        [0, 20, 15.5],
        [1, 0, 20],
        [2, 0, null],
        [3, 4, 4],
        [4, 0, 4],
      ]);
    },
  },
  {
    id: "metrics.window.cumulative-sum",
    title: "cumulativeSum starts at from, is null before the first value, and is carried over gaps",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await recorded(backend, values({ "-1": 64, 1: 1, 2: 2, 4: -4 }));
      const query = byMinute(0, 6, { function: "cumulativeSum" }, { fill: "null" });
      assert.deepEqual(await results(backend, query), [
        [0, null, null],
        [1, 1, 1],
        [2, 2, 3],
        [3, null, 3],
        [4, -4, -1],
        [5, null, -1],
      ]);
      const before = at(-MINUTE, 1).ts;
      assert.equal((await results(backend, { ...query, from: before }))[1]?.[2], 64);
    },
  },
  {
    id: "metrics.window.earlier",
    title: "lag, delta and percentChange look buckets back, not values, also before from",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await recorded(backend, values({ "-2": 8, "-1": 10, 0: 15, 2: 0, 3: 4, 4: -2, 5: 1 }));
      const earlier = (size?: number) =>
        (["lag", "delta", "percentChange"] as const).map((name) => ({ function: name, size }));
      assert.deepEqual(await results(backend, byMinute(0, 6, earlier(), { fill: "null" })), [
        [0, 15, 10, 5, 50],
        [1, null, 15, null, null],
        [2, 0, null, null, null],
        [3, 4, 0, 4, null],
        [4, -2, 4, -6, -150],
        [5, 1, -2, 3, 150],
      ]);
      assert.deepEqual(await results(backend, byMinute(0, 6, earlier(2))), [
        [0, 15, 8, 7, 87.5],
        [2, 0, 15, -15, -100],
        [3, 4, null, null, null],
        [4, -2, 0, -2, null],
        [5, 1, 4, -3, -75],
      ]);
      assert.deepEqual((await results(backend, byMinute(0, 6, earlier(6))))[2], [3, 4, null, null, null]);
      assert.deepEqual((await results(backend, byMinute(0, 6, earlier(6))))[3], [4, -2, 8, -10, -125]);
    },
  },
  {
    id: "metrics.window.compared-series",
    title:
      "rank and shareOfTotal compare the series of a bucket, or those that agree in some dimensions; ties share a rank",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const series: [string, string, Record<string, number>][] = [
        ["red", "a", { "-1": 64, 0: 2, 1: 5, 3: 0 }],
        ["red", "b", { 0: 4, 1: 5, 2: 3 }],
        ["blue", "c", { 0: 2, 1: 0, 2: 1, 3: 0 }],
      ];
      for (const [teamId, agentId, minutes] of series) await recorded(backend, values(minutes, { teamId, agentId }));
      const of = async (partition: MetricWindow["partition"]) => {
        const window = (["rank", "shareOfTotal"] as const).map((name) => ({ function: name, partition }));
        const found = await backend.metrics.query(byMinute(0, 4, window, { groupBy: ["agentId", "teamId"] }));
        return found.map(({ key, points }) => [key.agentId, ...points.map(({ windows }) => windows)]);
      };
      const all = [
        ["a", [2, 0.25], [1, 0.5], [1, null]],
        ["b", [1, 0.5], [1, 0.5], [1, 0.75]],
        ["c", [2, 0.25], [3, 0], [2, 0.25], [1, null]],
      ];
      assert.deepEqual(await of(undefined), all);
      assert.deepEqual(await of([]), all);
      assert.deepEqual(await of(["teamId"]), [
        ["a", [2, 2 / 6], [1, 0.5], [1, null]],
        ["b", [1, 4 / 6], [1, 0.5], [1, 1]],
        ["c", [1, 1], [1, null], [1, 1], [1, null]],
      ]);
      assert.deepEqual(await of("series"), [
        ["a", [2, 2 / 7], [1, 5 / 7], [3, 0]],
        ["b", [2, 4 / 12], [1, 5 / 12], [3, 3 / 12]],
        ["c", [1, 2 / 3], [3, 0], [2, 1 / 3], [3, 0]],
      ]);
    },
  },
  {
    id: "metrics.window.compared-buckets",
    title: "without groups rank and shareOfTotal compare the buckets of the series, those of the range only",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await recorded(backend, values({ "-1": 64, 0: 1, 1: 5, 3: 2, 4: 5, 5: 3, 6: 64 }));
      const window: MetricWindow[] = [
        { function: "rank" },
        { function: "shareOfTotal" },
        { function: "movingMax", size: 2 },
      ];
      assert.deepEqual(await results(backend, byMinute(0, 6, window)), [
        [0, 1, 5, 1 / 16, 64],
        [1, 5, 1, 5 / 16, 5],
        [3, 2, 4, 2 / 16, 2],
        [4, 5, 1, 5 / 16, 5],
        [5, 3, 3, 3 / 16, 5],
      ]);
    },
  },
  {
    id: "metrics.window.fills",
    title: "windows see empty buckets as fill has them",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await recorded(backend, values({ 0: 4, 3: 8 }));
      const window: MetricWindow[] = [
        { function: "movingAvg", size: 2 },
        { function: "delta" },
        { function: "rank" },
        { function: "cumulativeSum" },
      ];
      const expected: Record<MetricFill, Result[][]> = {
        none: [
          [0, 4, 4, null, 2, 4],
          [3, 8, 8, null, 1, 12],
        ],
        null: [
          [0, 4, 4, null, 2, 4],
          [1, null, 4, null, null, 4],
          [2, null, null, null, null, 4],
          [3, 8, 8, null, 1, 12],
        ],
        zero: [
          [0, 4, 2, 4, 2, 4],
          [1, 0, 2, -4, 3, 4],
          [2, 0, 0, 0, 3, 4],
          [3, 8, 4, 8, 1, 12],
        ],
        previous: [
          [0, 4, 4, null, 2, 4],
          [1, 4, 4, 0, 2, 8],
          [2, 4, 4, 0, 2, 12],
          [3, 8, 6, 4, 1, 20],
        ],
      };
      for (const [fill, points] of Object.entries(expected)) {
        assert.deepEqual(await results(backend, byMinute(0, 4, window, { fill: fill as MetricFill })), points, fill);
      }
    },
  },
]);
