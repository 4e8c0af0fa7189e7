import assert from "node:assert/strict";
import type { MetricQuery } from "@agent-assembly/storage-core";
import { defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { ANY_TIME, event, NOW } from "../../support/fixtures.js";
import { at, HOUR, MINUTE, over, recorded, SECOND } from "./support.js";

/** Conversion of values into another unit. */
export const unitCases = defineCases([
  {
    id: "metrics.units.conversion",
    title: "values of time and of bytes are converted to the unit that is asked for, to the last digit",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const expected: [declared: string, value: number, asked: string, converted: number][] = [
        ["ms", 1500, "s", 1.5],
        ["ms", 9, "s", 0.009],
        ["ms", 7, "us", 7000],
        ["s", 90, "min", 1.5],
        ["h", 36, "d", 1.5],
        ["ns", 3, "ms", 0.000003],
        ["bytes", 1_572_864, "MiB", 1.5],
        ["bytes", 1500, "kB", 1.5],
        ["By", 3, "bytes", 3],
        ["GiB", 1, "KiB", 1_048_576],
        ["MB", 3, "KiB", 2929.6875],
        ["USD", 0.25, "USD", 0.25],
      ];
      for (const [n, [unit, value, asked, converted]] of expected.entries()) {
        const metric = `m${n}`;
        await backend.metrics.define({ name: metric, kind: "gauge", unit });
        await recorded(backend, [at(0, value, { metric })]);
        assert.deepEqual(await backend.metrics.query(over(0, HOUR, { metric, unit: asked })), [
          { key: {}, unit: asked, points: [{ ts: at(0, 0).ts, value: converted }] },
        ]);
      }
    },
  },
  {
    id: "metrics.units.answers",
    title:
      "every value of an answer is in the unit asked for, rates per second; exact amounts stay in the metric's own",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const { metrics, audit } = backend;
      await metrics.define({ name: "m", kind: "delta", unit: "ms", decimals: 1 });
      await recorded(backend, [at(0, 500, { agentId: "a" }), at(MINUTE, 1000.5), at(MINUTE, 999.5)]);
      const query = over(0, 2 * MINUTE, { unit: "s", bucket: { every: "1m" } });
      assert.deepEqual(await metrics.query(query), [
        {
          key: {},
          unit: "s",
          points: [
            { ts: at(0, 0).ts, value: 0.5, exact: "500.0" },
            { ts: at(MINUTE, 0).ts, value: 2, exact: "2000.0" },
          ],
        },
      ]);
      const rate = await metrics.query(over(0, 10 * SECOND, { unit: "s", aggregate: "rate" }));
      assert.deepEqual([rate[0]?.unit, rate[0]?.points[0]?.value], ["s/s", 0.05]);
      const { from, to } = query;
      assert.deepEqual(await metrics.top({ metric: "m", from, to, by: "agentId", unit: "s", limit: 1 }), {
        rows: [{ key: { agentId: null }, value: 2, exact: "2000.0", share: 0.8 }],
        groups: 2,
        total: 2.5,
        unit: "s",
      });
      await audit.append([event(0, { ts: new Date(NOW), action: "approval", payload: { latencyMs: 90_000 } })]);
      const latency: MetricQuery = {
        metric: "approvals.latency",
        from: new Date(NOW),
        to: new Date(NOW + 1),
        aggregate: "p95",
        unit: "min",
      };
      assert.deepEqual(await metrics.query(latency), [
        { key: {}, unit: "min", points: [{ ts: new Date(NOW), value: 1.5 }] },
      ]);
    },
  },
  {
    id: "metrics.units.impossible",
    title: "a unit of another quantity, of none, or of a count is refused, with a hint where one word is close",
    async run({ storage }) {
      const { metrics } = await storage(ANY_TIME);
      await metrics.define({ name: "ms", kind: "gauge", unit: "ms" });
      await metrics.define({ name: "usd", kind: "gauge", unit: "USD" });
      await metrics.define({ name: "plain", kind: "gauge" });
      const bad: [Partial<MetricQuery>, RegExp][] = [
        [{ metric: "ms", unit: "MiB" }, /"ms" can be converted to.*Known: ns, us, ms/],
        [{ metric: "ms", unit: "minn" }, /Did you mean "min"/],
        [{ metric: "ms", unit: "toString" }, /Known/],
        [{ metric: "usd", unit: "EUR" }, /"USD" can be converted to/],
        [{ metric: "usd", unit: "usd" }, /Did you mean "USD"/],
        [{ metric: "plain", unit: "ms" }, /declares no unit/],
        [{ metric: "unknown", unit: "ms" }, /declares no unit/],
        [{ metric: "events", unit: "ms" }, /"events" can be converted to/],
        [{ metric: "ms", unit: "s", aggregate: "count" }, /count, which has no unit/],
        [{ metric: "ms", unit: "" }, /must not be empty/],
        [{ metric: "ms", unit: 7 as never }, /must be a string/],
      ];
      for (const [members, message] of bad) {
        const query = over(0, HOUR, members);
        await rejects(() => metrics.query(query), "invalid_argument", { message, option: "query.unit" });
        const { metric, from, to, unit, aggregate } = query;
        const request = { metric, from, to, unit, aggregate, by: "agentId" } as const;
        await rejects(() => metrics.top(request), "invalid_argument", { message, option: "request.unit" });
      }
    },
  },
]);
