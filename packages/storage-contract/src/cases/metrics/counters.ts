import assert from "node:assert/strict";
import type { MetricSample, StorageBackend } from "@agent-assembly/storage-core";
import { defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { ANY_TIME } from "../../support/fixtures.js";
import { assertUnsupported } from "../durability.js";
import { onTwoHandles } from "../two-handles.js";
import { amount, at, HOUR, MINUTE, over, points, recorded, SECOND, totals } from "./support.js";

async function declared(
  backend: StorageBackend,
  members: { readonly decimals?: number } = {},
): Promise<StorageBackend> {
  await backend.metrics.define({ name: "m", kind: "cumulative", ...members });
  return backend;
}

/** Readings of one counter, each a second after the one before. */
function readings(values: readonly number[], members: Partial<MetricSample> = {}, start = 0): MetricSample[] {
  return values.map((value, n) => at(start + n * SECOND, value, members));
}

const sum = async (backend: StorageBackend, from = 0, to = HOUR) => (await amount(backend, over(from, to)))[0];

/** Metrics declared cumulative, whose samples are readings of counters. */
export const counterCases = defineCases([
  {
    id: "metrics.counter.increases",
    title: "readings count by what they have risen: the first from zero, the others since the reading before",
    async run({ storage }) {
      const backend = await declared(await storage(ANY_TIME));
      await recorded(backend, readings([5, 5, 8, 20]));
      await recorded(backend, readings([32], {}, 10 * SECOND));
      const bySecond = await backend.metrics.query(over(0, MINUTE, { bucket: { every: "1s" } }));
      assert.deepEqual(points(bySecond), [
        [0, 5],
        [SECOND, 0],
        [2 * SECOND, 3],
        [3 * SECOND, 12],
        [10 * SECOND, 12],
      ]);
      assert.equal(await sum(backend), 32);
      assert.equal(await sum(backend, SECOND), 27);
      assert.deepEqual(await amount(backend, over(0, HOUR, { aggregate: "count" })), [5, undefined]);
    },
  },
  {
    id: "metrics.counter.resets",
    title: "a smaller reading is the first after a reset: the total is right after a thousand of them",
    async run({ storage }) {
      const backend = await declared(await storage(ANY_TIME));
      // Each round counts to 7 in three readings, and starts over.
      const rounds = Array.from({ length: 1001 }, () => [1, 3, 7]).flat();
      const samples = readings(rounds);
      for (let from = 0; from < samples.length; from += 500) await recorded(backend, samples.slice(from, from + 500));
      assert.equal(await sum(backend), 7007);
      assert.equal(await sum(backend, 3 * SECOND), 7000);
      await recorded(backend, readings([0, 0, 2], {}, 3003 * SECOND));
      assert.equal(await sum(backend), 7009);
    },
  },
  {
    id: "metrics.counter.by-series",
    title: "agents, teams and labels have counters of their own, whatever the order of labels",
    async run({ storage }) {
      const backend = await declared(await storage(ANY_TIME));
      const series: Partial<MetricSample>[] = [
        {},
        { agentId: "a" },
        { teamId: "a" },
        { labels: { a: "a" } },
        { labels: { a: "b" } },
        { labels: { a: "a", b: "c" } },
        { agentId: "a", labels: { a: "a" } },
      ];
      await recorded(
        backend,
        series.flatMap((members, n) => readings([2 ** n], members)),
      );
      await recorded(
        backend,
        series.map((members, n) => at(MINUTE, 2 ** n + 1, members)),
      );
      assert.equal(await sum(backend, MINUTE), series.length);
      await recorded(backend, [at(2 * MINUTE, 40, { labels: { b: "c", a: "a" } })]);
      assert.equal(await sum(backend, 2 * MINUTE), 40 - 33);
      await backend.metrics.define({ name: "n", kind: "cumulative" });
      await recorded(backend, [at(2 * MINUTE, 3, { metric: "n" })]);
      assert.deepEqual(await amount(backend, over(0, HOUR, { metric: "n" })), [3, undefined]);
      const byLabel = await backend.metrics.query(over(0, HOUR, { groupBy: ["labels.a"] }));
      assert.deepEqual(totals(byLabel), [
        [{ "labels.a": "a" }, 9 + 40 + 65],
        [{ "labels.a": "b" }, 17],
        [{ "labels.a": null }, 2 + 3 + 5],
      ]);
    },
  },
  {
    id: "metrics.counter.late",
    title: "a reading older than the newest of its counter is refused as out_of_order; the others are recorded",
    async run({ storage }) {
      const backend = await declared(await storage(ANY_TIME));
      await recorded(backend, [at(MINUTE, 10), at(MINUTE, 10, { agentId: "a" })]);
      const result = await backend.metrics.record([
        at(MINUTE - 1, 9),
        at(2 * MINUTE, 12),
        at(0, Number.NaN),
        at(0, 4, { agentId: "b" }),
        at(0, 1, { agentId: "a" }),
        at(0, 1, { metric: "other" }),
      ]);
      assert.equal(result.recorded, 3);
      assert.deepEqual(
        result.rejected.map(({ index, code }) => [index, code]),
        [
          [0, "out_of_order"],
          [2, "invalid_argument"],
          [4, "out_of_order"],
        ],
      );
      for (const { code, reason } of result.rejected) {
        if (code === "out_of_order") assert.match(reason, /2026-03-10T00:0.*"m"/);
      }
      assert.equal(await sum(backend), 10 + 10 + 2 + 4);
      assert.deepEqual(await amount(backend, over(0, HOUR, { aggregate: "count" })), [4, undefined]);
      const { rejected } = await backend.metrics.record([at(0, 1), at(1, 2)]);
      assert.equal(rejected.length, 2);
    },
  },
  {
    id: "metrics.counter.equal-times",
    title: "of readings of one instant the greater is the later, in one call or two",
    async run({ storage }) {
      const backend = await declared(await storage(ANY_TIME));
      await recorded(backend, [at(0, 7), at(0, 4), at(0, 4)]);
      assert.equal(await sum(backend), 7);
      await recorded(backend, [at(0, 7), at(0, 9)]);
      assert.equal(await sum(backend), 9);
      const { recorded: count, rejected } = await backend.metrics.record([at(0, 8)]);
      assert.equal(count, 0);
      assert.deepEqual(
        rejected.map(({ index, code }) => [index, code]),
        [[0, "out_of_order"]],
      );
      await recorded(backend, [at(1, 8)]);
      assert.equal(await sum(backend), 17);
    },
  },
  {
    id: "metrics.counter.order-within-a-call",
    title: "the order of the readings within one call does not matter",
    async run({ storage }) {
      const backend = await declared(await storage(ANY_TIME));
      const values = [3, 8, 2, 2, 9, 1, 1, 40, 0, 6];
      const sorted = readings(values);
      const orders = [sorted, sorted.toReversed(), sorted.map((_, n) => sorted[(n * 7) % 10] as MetricSample)];
      for (const [n, order] of orders.entries()) {
        const agentId = `a${n}`;
        await recorded(
          backend,
          order.map((sample) => ({ ...sample, agentId })),
        );
      }
      const series = await backend.metrics.query(over(0, MINUTE, { bucket: { every: "1s" }, groupBy: ["agentId"] }));
      assert.equal(series.length, orders.length);
      for (const { points: all } of series) {
        assert.deepEqual(
          all.map(({ value }) => value),
          [3, 5, 2, 0, 7, 1, 0, 39, 0, 6],
        );
      }
    },
  },
  {
    id: "metrics.counter.order-of-calls",
    title: "calls that are not waited for are recorded in their order, so that none is late",
    async run({ storage }) {
      const backend = await declared(await storage(ANY_TIME));
      const calls = Array.from({ length: 50 }, (_, n) => backend.metrics.record([at(n, n + 1)]));
      for (const result of await Promise.all(calls)) assert.deepEqual(result, { recorded: 1, rejected: [] });
      assert.equal(await sum(backend), 50);
      assert.deepEqual(await amount(backend, over(1, HOUR, { aggregate: "max" })), [1, undefined]);
    },
  },
  {
    id: "metrics.counter.other-handle",
    title: "every handle on the data continues the same counters, also one that has not seen the definition yet",
    requires: "metricsPersistence",
    async run(context) {
      await onTwoHandles(context, async ([one, other]) => {
        await recorded(other, [at(0, 1, { metric: "n" })]);
        await declared(one);
        await recorded(one, [at(0, 5)]);
        const calls = Array.from({ length: 20 }, (_, n) => other.metrics.record([at(1 + n, 6 + n)]));
        for (const result of await Promise.all(calls)) assert.deepEqual(result, { recorded: 1, rejected: [] });
        for (const backend of [one, other]) assert.equal(await sum(backend), 25);
        assert.equal((await one.metrics.record([at(19, 24)])).rejected[0]?.code, "out_of_order");
        await recorded(one, [at(MINUTE, 2)]);
        assert.equal(await sum(other), 27);
      });
    },
    async refusal({ storage }) {
      const backend = await declared(await storage(ANY_TIME));
      assertUnsupported(backend, "metricsPersistence");
      await recorded(backend, [at(0, 5)]);
      const another = await declared(await storage(ANY_TIME));
      await recorded(another, [at(0, 3)]);
      assert.equal(await sum(another), 3);
    },
  },
  {
    id: "metrics.counter.refused-call-changes-nothing",
    title: "a reading that is refused does not count as the newest, and neither does one of a failed call",
    async run({ storage }) {
      const backend = await declared(await storage(ANY_TIME));
      const { metrics } = backend;
      await recorded(backend, [at(0, 5)]);
      assert.equal((await metrics.record([at(MINUTE, Number.POSITIVE_INFINITY), at(MINUTE, -1)])).recorded, 0);
      await rejects(() => metrics.record("x" as never), "invalid_argument");
      await recorded(backend, [at(1, 7)]);
      assert.equal(await sum(backend), 7);
    },
  },
  {
    id: "metrics.counter.negative",
    title: "a negative reading is refused, and -0 is zero",
    async run({ storage }) {
      const backend = await declared(await storage(ANY_TIME));
      const { recorded: count, rejected } = await backend.metrics.record([at(0, -1), at(1, -0), at(2, 4)]);
      assert.equal(count, 2);
      assert.deepEqual(
        rejected.map(({ index, code }) => [index, code]),
        [[0, "invalid_argument"]],
      );
      assert.match(rejected[0]?.reason ?? "", /"m" is declared cumulative/);
      assert.deepEqual(await amount(backend, over(0, HOUR, { aggregate: "min" })), [0, undefined]);
    },
  },
  {
    id: "metrics.counter.decimals",
    title: "increases of amounts are exact, also over resets",
    async run({ storage }) {
      const backend = await declared(await storage(ANY_TIME), { decimals: 2 });
      await recorded(backend, readings([0.1, 0.3, 0.7, 0.05, 1.1]));
      await recorded(backend, readings([1.2], {}, MINUTE));
      const [series] = await backend.metrics.query(over(0, HOUR, { bucket: { every: "1s" } }));
      assert.deepEqual(
        series?.points.map(({ value, exact }) => [value, exact]),
        [
          [0.1, "0.10"],
          [0.2, "0.20"],
          [0.4, "0.40"],
          [0.05, "0.05"],
          [1.05, "1.05"],
          [0.1, "0.10"],
        ],
      );
      assert.deepEqual(await amount(backend, over(0, HOUR)), [1.9, "1.90"]);
      assert.equal((await backend.metrics.record([at(2 * MINUTE, 1.125)])).recorded, 0);
    },
  },
  {
    id: "metrics.counter.rate",
    title: "rate is the increase per second of the bucket",
    async run({ storage }) {
      const backend = await declared(await storage(ANY_TIME));
      await recorded(backend, [at(0, 60), at(30 * SECOND, 180), at(MINUTE, 30), at(90 * SECOND, 90)]);
      await backend.metrics.define({ name: "bytes", kind: "cumulative", unit: "bytes" });
      await recorded(backend, [at(0, 64, { metric: "bytes" })]);
      const query = over(0, 2 * MINUTE, { aggregate: "rate", bucket: { every: "1m" } });
      assert.deepEqual(points(await backend.metrics.query(query)), [
        [0, 3],
        [MINUTE, 1.5],
      ]);
      assert.deepEqual(await backend.metrics.query(over(0, 32 * SECOND, { aggregate: "rate", metric: "bytes" })), [
        { key: {}, unit: "bytes/s", points: [{ ts: at(0, 0).ts, value: 2 }] },
      ]);
    },
  },
]);
