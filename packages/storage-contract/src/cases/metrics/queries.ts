import assert from "node:assert/strict";
import type { MetricAggregate, MetricQuery } from "@agent-assembly/storage-core";
import { defineCases } from "../../contract-case.js";
import { ANY_TIME } from "../../support/fixtures.js";
import { at, HOUR, MINUTE, over, points, recorded, SECOND, T0, totals } from "./support.js";

/** Aggregates, ranges, buckets, fills, groups and filters over samples of metrics without a definition. */
export const metricQueryCases = defineCases([
  {
    id: "metrics.aggregate.every",
    title: "every aggregate gives its exact value over one range",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await recorded(backend, [at(0, 4), at(1000, -0.5), at(2000, 8), at(3000, 0.25), at(3999, 0.25)]);
      const expected: Partial<Record<MetricAggregate, number>> = {
        sum: 12,
        count: 5,
        avg: 2.4,
        min: -0.5,
        max: 8,
        last: 0.25,
        rate: 3,
        p50: 0.25,
      };
      for (const [aggregate, value] of Object.entries(expected)) {
        const series = await backend.metrics.query(over(0, 4000, { aggregate: aggregate as MetricAggregate }));
        assert.deepEqual(series, [{ key: {}, points: [{ ts: new Date(T0), value }] }], aggregate);
      }
    },
  },
  {
    id: "metrics.aggregate.percentiles-interpolate",
    title: "percentiles interpolate linearly between neighbouring samples, per bucket",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const hundred = Array.from({ length: 101 }, (_, n) => at(n, ((n * 37) % 101) * 2));
      await recorded(backend, [...hundred, at(HOUR, 1), at(HOUR + 1, 2), at(2 * HOUR, 8)]);
      const of = async (aggregate: MetricAggregate) =>
        points(await backend.metrics.query(over(0, 3 * HOUR, { aggregate, bucket: { every: "1h" } }))).map(
          ([, v]) => v,
        );
      assert.deepEqual(await of("p50"), [100, 1.5, 8]);
      const expected: [MetricAggregate, number][] = [
        ["p95", 190],
        ["p99", 198],
      ];
      for (const [aggregate, first] of expected) {
        const values = await of(aggregate);
        const second = 1 + (aggregate === "p95" ? 0.95 : 0.99);
        for (const [n, want] of [first, second, 8].entries()) {
          assert.ok(Math.abs((values[n] ?? Number.NaN) - want) < 1e-9, `${aggregate} ${n}: ${values[n]}`);
        }
      }
    },
  },
  {
    id: "metrics.aggregate.last-with-ties",
    title: "last is the value with the greatest time, and of several at one instant the greatest value",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await recorded(backend, [at(2000, 1), at(2000, 4), at(2000, 2), at(1000, 64), at(5000, -8), at(5000, -16)]);
      const last = async (to: number) => points(await backend.metrics.query(over(0, to, { aggregate: "last" })));
      assert.deepEqual(await last(2001), [[0, 4]]);
      assert.deepEqual(await last(5001), [[0, -8]]);
      assert.deepEqual(await last(2000), [[0, 64]]);
    },
  },
  {
    id: "metrics.range.edges",
    title: "from is inclusive and to exclusive, at the millisecond; a bucket holds its start and not its end",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await recorded(backend, [at(-1, 1), at(0, 2), at(MINUTE - 1, 4), at(MINUTE, 8), at(2 * MINUTE, 16)]);
      assert.deepEqual(points(await backend.metrics.query(over(0, 2 * MINUTE))), [[0, 14]]);
      const buckets = await backend.metrics.query(over(0, 2 * MINUTE, { bucket: { every: "1m" } }));
      assert.deepEqual(points(buckets), [
        [0, 6],
        [MINUTE, 8],
      ]);
      const clipped = await backend.metrics.query(over(1, MINUTE + 1, { bucket: { every: "1m" } }));
      assert.deepEqual(points(clipped), [
        [0, 4],
        [MINUTE, 8],
      ]);
    },
  },
  {
    id: "metrics.bucket.widths",
    title: "seconds, minutes, hours, days, ISO weeks and months start where the calendar does",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const ts = Date.UTC(2026, 2, 11, 13, 47, 38, 500);
      await recorded(backend, [{ ts: new Date(ts), metric: "m", value: 1 }]);
      const starts = {
        "30s": "2026-03-11T13:47:30.000Z",
        "5m": "2026-03-11T13:45:00.000Z",
        "6h": "2026-03-11T12:00:00.000Z",
        "1d": "2026-03-11T00:00:00.000Z",
        "1w": "2026-03-09T00:00:00.000Z",
        "1mo": "2026-03-01T00:00:00.000Z",
      };
      for (const [every, start] of Object.entries(starts)) {
        const query = { metric: "m", from: new Date(ts - 1), to: new Date(ts + 1), aggregate: "sum" } as const;
        const series = await backend.metrics.query({ ...query, bucket: { every } });
        assert.deepEqual(series, [{ key: {}, points: [{ ts: new Date(start), value: 1 }] }], every);
      }
    },
  },
  {
    id: "metrics.bucket.time-zone-day",
    title: "a day of a time zone starts at its own midnight, and has 23 hours when clocks go forward",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      // Berlin changed to summer time on 2026-03-29 at 01:00 UTC.
      const times = [
        "2026-03-28T22:59:59.999Z",
        "2026-03-28T23:00:00Z",
        "2026-03-29T21:59:59.999Z",
        "2026-03-29T22:00:00Z",
      ];
      await recorded(
        backend,
        times.map((ts, n) => ({ ts: new Date(ts), metric: "m", value: 2 ** n })),
      );
      const [series] = await backend.metrics.query({
        metric: "m",
        from: new Date("2026-03-28T00:00:00Z"),
        to: new Date("2026-03-31T00:00:00Z"),
        aggregate: "sum",
        bucket: { every: "1d", timeZone: "Europe/Berlin" },
      });
      assert.deepEqual(series?.points, [
        { ts: new Date("2026-03-27T23:00:00Z"), value: 1 },
        { ts: new Date("2026-03-28T23:00:00Z"), value: 6 },
        { ts: new Date("2026-03-29T22:00:00Z"), value: 8 },
      ]);
    },
  },
  {
    id: "metrics.aggregate.rate-clipped",
    title: "rate divides by the seconds of the bucket that lie inside the range",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await recorded(backend, [
        at(40 * SECOND, 16),
        at(MINUTE, 120),
        at(2 * MINUTE, 8),
        at(2 * MINUTE + 20 * SECOND, 8),
      ]);
      const query = over(28 * SECOND, 2 * MINUTE + 32 * SECOND, { aggregate: "rate", bucket: { every: "1m" } });
      assert.deepEqual(points(await backend.metrics.query(query)), [
        [0, 0.5],
        [MINUTE, 2],
        [2 * MINUTE, 0.5],
      ]);
    },
  },
  {
    id: "metrics.fill.every",
    title: "none leaves empty buckets out; null, zero and previous fill them over the whole range",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await recorded(backend, [at(MINUTE, 2), at(3 * MINUTE, 4)]);
      const expected = {
        none: [2, 4],
        null: [null, 2, null, 4, null],
        zero: [0, 2, 0, 4, 0],
        previous: [null, 2, 2, 4, 4],
      } as const;
      for (const fill of ["none", "null", "zero", "previous"] as const) {
        const series = await backend.metrics.query(over(1, 5 * MINUTE, { bucket: { every: "1m" }, fill }));
        assert.deepEqual(
          points(series).map(([, value]) => value),
          expected[fill],
          fill,
        );
        if (fill !== "none")
          assert.deepEqual(
            points(series).map(([ts]) => ts / MINUTE),
            [0, 1, 2, 3, 4],
          );
      }
    },
  },
  {
    id: "metrics.group.by-members",
    title: "groups by agent, team and label, alone and together, ordered by code point with null last",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await recorded(backend, [
        at(0, 1),
        at(1, 2, { agentId: "\u{10000}", teamId: "t", labels: { model: "x" } }),
        at(2, 4, { agentId: "\uffff", labels: { model: "y", region: "eu" } }),
        at(3, 8, { agentId: "a", teamId: "t", labels: { region: "eu" } }),
        at(4, 16, { agentId: "a", teamId: "u", labels: { model: "x" } }),
      ]);
      const by = async (...groupBy: NonNullable<MetricQuery["groupBy"]>) =>
        totals(await backend.metrics.query(over(0, HOUR, { groupBy })));
      assert.deepEqual(await by("agentId"), [
        [{ agentId: "a" }, 24],
        [{ agentId: "\uffff" }, 4],
        [{ agentId: "\u{10000}" }, 2],
        [{ agentId: null }, 1],
      ]);
      assert.deepEqual(await by("labels.model"), [
        [{ "labels.model": "x" }, 18],
        [{ "labels.model": "y" }, 4],
        [{ "labels.model": null }, 9],
      ]);
      assert.deepEqual(await by("teamId", "labels.model"), [
        [{ teamId: "t", "labels.model": "x" }, 2],
        [{ teamId: "t", "labels.model": null }, 8],
        [{ teamId: "u", "labels.model": "x" }, 16],
        [{ teamId: null, "labels.model": "y" }, 4],
        [{ teamId: null, "labels.model": null }, 1],
      ]);
      assert.deepEqual(await by("labels.absent"), [[{ "labels.absent": null }, 31]]);
    },
  },
  {
    id: "metrics.filter.members",
    title: "agent, team and label filters let through what carries all of them; an empty list nothing",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await recorded(backend, [
        at(0, 1, { agentId: "a", teamId: "t", labels: { model: "x", "odd.'name\"": "v" } }),
        at(0, 2, { agentId: "b", teamId: "t", labels: { model: "x" } }),
        at(0, 4, { agentId: "c", labels: { model: "y" } }),
        at(0, 8),
        at(0, 16, { metric: "other", agentId: "a" }),
      ]);
      const expected: [Partial<MetricQuery>, number | undefined][] = [
        [{}, 15],
        [{ agentId: "a" }, 1],
        [{ agentId: ["a", "c", "c"] }, 5],
        [{ agentId: [] }, undefined],
        [{ teamId: "t" }, 3],
        [{ labels: { model: "x" } }, 3],
        [{ labels: { model: "x", "odd.'name\"": "v" } }, 1],
        [{ labels: { model: "x" }, agentId: "c" }, undefined],
        [{ labels: {} }, 15],
        [{ metric: "other" }, 16],
        [{ metric: "M" }, undefined],
      ];
      for (const [filter, value] of expected) {
        const series = await backend.metrics.query(over(0, HOUR, filter));
        assert.equal(series[0]?.points[0]?.value, value, JSON.stringify(filter));
        assert.equal(series.length, value === undefined ? 0 : 1);
      }
    },
  },
  {
    id: "metrics.query.no-samples",
    title: "without samples there are no series, whatever the fill and grouping",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      assert.deepEqual(await backend.metrics.query(over(0, HOUR)), []);
      const filled = over(0, HOUR, { bucket: { every: "1m" }, fill: "zero", groupBy: ["agentId"] });
      assert.deepEqual(await backend.metrics.query(filled), []);
      await recorded(backend, [at(-1, 1), at(HOUR, 1)]);
      assert.deepEqual(await backend.metrics.query(filled), []);
    },
  },
]);
