import assert from "node:assert/strict";
import type { MetricAggregate, MetricSample } from "@agent-assembly/storage-core";
import { defineCases } from "../../contract-case.js";
import { ANY_TIME } from "../../support/fixtures.js";
import { amount, assertClose, at, HOUR, MINUTE, over, recorded } from "./support.js";

/** Metrics with declared decimals, whose values are amounts. */
export const decimalCases = defineCases([
  {
    id: "metrics.decimals.sum-is-exact",
    title: "ten thousand times 0.1 are 1000.00, in one range, in buckets and in groups",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.metrics.define({ name: "m", kind: "delta", unit: "USD", decimals: 2 });
      const samples = Array.from({ length: 10_000 }, (_, n) => at(n * 100, 0.1, { agentId: `a${n % 4}` }));
      for (let from = 0; from < samples.length; from += 2500) await recorded(backend, samples.slice(from, from + 2500));
      assert.deepEqual(await backend.metrics.query(over(0, HOUR)), [
        { key: {}, unit: "USD", points: [{ ts: at(0, 0).ts, value: 1000, exact: "1000.00" }] },
      ]);
      const [buckets] = await backend.metrics.query(over(0, 12 * MINUTE, { bucket: { every: "6m" } }));
      assert.deepEqual(buckets?.points, [
        { ts: at(0, 0).ts, value: 360, exact: "360.00" },
        { ts: at(6 * MINUTE, 0).ts, value: 360, exact: "360.00" },
      ]);
      const groups = await backend.metrics.query(over(0, HOUR, { groupBy: ["agentId"] }));
      assert.deepEqual(
        groups.map(({ points: [point] }) => [point?.value, point?.exact]),
        Array.from({ length: 4 }, () => [250, "250.00"]),
      );
    },
  },
  {
    id: "metrics.decimals.every-aggregate",
    title: "sum, min, max and last are exact, negative amounts included; the others follow from the exact sum",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.metrics.define({ name: "m", kind: "gauge", decimals: 2 });
      await recorded(backend, [at(0, 0.1), at(1000, 0.2), at(2000, -1.05), at(3000, -0.05)]);
      const expected: [MetricAggregate, number, string?][] = [
        ["sum", -0.8, "-0.80"],
        ["min", -1.05, "-1.05"],
        ["max", 0.2, "0.20"],
        ["last", -0.05, "-0.05"],
        ["count", 4],
      ];
      for (const [aggregate, value, exact] of expected) {
        assert.deepEqual(await amount(backend, over(0, 4000, { aggregate })), [value, exact], aggregate);
      }
      const derived: [MetricAggregate, number][] = [
        ["avg", -0.2],
        ["rate", -0.2],
        ["p50", 0.025],
        ["p95", 0.185],
      ];
      for (const [aggregate, value] of derived) {
        const [actual, exact] = await amount(backend, over(0, 4000, { aggregate }));
        assertClose(actual, value, aggregate);
        assert.equal(exact, undefined, aggregate);
      }
    },
  },
  {
    id: "metrics.decimals.zero-and-many",
    title: "amounts have as many digits as declared, from none to twelve, also beyond what a double holds",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const expected: [decimals: number, values: number[], value: number, exact: string][] = [
        [0, [7, -2], 5, "5"],
        [0, [1e15, 1e15, 1], 2000000000000001, "2000000000000001"],
        [2, [1e20, 0.01], 1e20, "100000000000000000000.01"],
        [2, [1e20, -1e20, 0.01], 0.01, "0.01"],
        [2, [0.05, -0.05], 0, "0.00"],
        [12, [1e-12, 1e-12, -3e-12], -1e-12, "-0.000000000001"],
        [12, [999, 1e-12], 999.000000000001, "999.000000000001"],
      ];
      for (const [n, [decimals, values, value, exact]] of expected.entries()) {
        const metric = `m${n}`;
        await backend.metrics.define({ name: metric, kind: "delta", decimals });
        await recorded(
          backend,
          values.map((one, i) => at(i, one, { metric })),
        );
        assert.deepEqual(await amount(backend, over(0, HOUR, { metric })), [value, exact]);
      }
    },
  },
  {
    id: "metrics.decimals.more-digits-than-declared",
    title: "a sample with more decimals than declared is refused by its index; the good ones are recorded",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.metrics.define({ name: "m", kind: "delta", decimals: 2 });
      const samples = [0.5, 0.125, 1.005, -0.001, 1e-9, 99.99, 12345678.901].map((value, n) => at(n, value));
      const result = await backend.metrics.record([...samples, at(9, 0.125, { metric: "other" })]);
      assert.equal(result.recorded, 3);
      assert.deepEqual(
        result.rejected.map(({ index, code }) => [index, code]),
        [1, 2, 3, 4, 6].map((index) => [index, "invalid_argument"]),
      );
      for (const { reason } of result.rejected) assert.match(reason, /more decimals than the 2 .*"m"/);
      assert.deepEqual(await amount(backend, over(0, HOUR)), [100.49, "100.49"]);
      assert.deepEqual(await amount(backend, over(0, HOUR, { metric: "other" })), [0.125, undefined]);
    },
  },
  {
    id: "metrics.decimals.too-many-digits",
    title: "an amount that 15 digits cannot say is refused and never stored as another one",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.metrics.define({ name: "m", kind: "delta", decimals: 0 });
      const { recorded: stored, rejected } = await backend.metrics.record(
        [2 ** 53 - 1, 999_999_999_999_999, 1_234_567_890_123_456, 1e15].map((value, n) => at(n, value)),
      );
      assert.equal(stored, 2);
      assert.deepEqual(
        rejected.map(({ index }) => index),
        [0, 2],
      );
      for (const { reason } of rejected) assert.match(reason, /more than 15 significant digits/);
      assert.deepEqual(await amount(backend, over(0, HOUR)), [1_999_999_999_999_999, "1999999999999999"]);
      await backend.metrics.define({ name: "cents", kind: "delta", decimals: 2 });
      const cents = await backend.metrics.record([at(0, 1_234_567_890_123.456, { metric: "cents" })]);
      assert.match(cents.rejected[0]?.reason ?? "", /more decimals than the 2/);
    },
  },
  {
    id: "metrics.decimals.binary-noise",
    title: "what binary arithmetic leaves behind 15 digits is no decimal: 0.1 + 0.2 is 0.3",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.metrics.define({ name: "m", kind: "delta", decimals: 2 });
      const noisy: MetricSample[] = [at(0, 0.1 + 0.2), at(1, 1.1 * 3), at(2, 0.7 + 0.1), at(3, -0), at(4, -(0.1 * 3))];
      await recorded(backend, noisy);
      assert.deepEqual(await amount(backend, over(0, 1)), [0.3, "0.30"]);
      assert.deepEqual(await amount(backend, over(0, HOUR)), [4.1, "4.10"]);
      assert.deepEqual(await amount(backend, over(1, 2, { aggregate: "max" })), [3.3, "3.30"]);
      assert.deepEqual(await amount(backend, over(3, 4, { aggregate: "last" })), [0, "0.00"]);
      assert.deepEqual(await amount(backend, over(2, 3, { aggregate: "p50" })), [0.8, undefined]);
    },
  },
  {
    id: "metrics.decimals.fill",
    title: "filled buckets have exact amounts where they have a value",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.metrics.define({ name: "m", kind: "delta", decimals: 1 });
      await recorded(backend, [at(MINUTE, 0.1), at(MINUTE, 0.2)]);
      const filled = { ts: at(MINUTE, 0).ts, value: 0.3, exact: "0.3" };
      const expected = {
        zero: [
          { ts: at(0, 0).ts, value: 0, exact: "0.0" },
          filled,
          { ts: at(2 * MINUTE, 0).ts, value: 0, exact: "0.0" },
        ],
        null: [{ ts: at(0, 0).ts, value: null }, filled, { ts: at(2 * MINUTE, 0).ts, value: null }],
        previous: [{ ts: at(0, 0).ts, value: null }, filled, { ...filled, ts: at(2 * MINUTE, 0).ts }],
        none: [filled],
      };
      for (const fill of ["zero", "null", "previous", "none"] as const) {
        const [series] = await backend.metrics.query(over(0, 3 * MINUTE, { bucket: { every: "1m" }, fill }));
        assert.deepEqual(series?.points, expected[fill], fill);
      }
    },
  },
]);
