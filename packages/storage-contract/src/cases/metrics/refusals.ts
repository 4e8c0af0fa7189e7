import assert from "node:assert/strict";
import type { MetricQuery, MetricSample, RecordResult } from "@agent-assembly/storage-core";
import { defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { ANY_TIME, NOW } from "../../support/fixtures.js";

const SAMPLE = { ts: new Date(NOW), metric: "m", value: 1 } as const;
const QUERY: MetricQuery = { metric: "m", from: new Date(NOW), to: new Date(NOW + 3_600_000), aggregate: "sum" };

/** What metrics do not take. */
export const metricRefusalCases = defineCases([
  {
    id: "metrics.record.bad-samples-do-not-take-good-ones",
    title: "bad samples are listed by index with a reason; the good ones are recorded",
    async run({ storage }) {
      const { metrics } = await storage(ANY_TIME);
      const bad: unknown[] = [
        null,
        {},
        { ...SAMPLE, value: Number.NaN },
        { ...SAMPLE, value: Number.POSITIVE_INFINITY },
        { ...SAMPLE, value: "1" },
        { ...SAMPLE, metric: undefined },
        { ...SAMPLE, metric: "" },
        { ...SAMPLE, ts: NOW },
        { ...SAMPLE, ts: new Date(Number.NaN) },
        { ...SAMPLE, agentId: 7 },
        { ...SAMPLE, labels: [] },
        { ...SAMPLE, labels: { a: 1 } },
        { ...SAMPLE, labels: { "": "v" } },
        { ...SAMPLE, labels: Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`l${n}`, "v"])) },
        { ...SAMPLE, label: {} },
      ];
      const result = await metrics.record(bad.flatMap((one) => [one, SAMPLE]) as never);
      assert.equal(result.recorded, bad.length);
      assert.deepEqual(
        result.rejected.map(({ index, code }) => ({ index, code })),
        bad.map((_, n) => ({ index: n * 2, code: "invalid_argument" })),
      );
      for (const { reason } of result.rejected) assert.ok(reason.length > 10, reason);
      const [series] = await metrics.query({ ...QUERY, aggregate: "count" });
      assert.equal(series?.points[0]?.value, bad.length);
    },
  },
  {
    id: "metrics.record.not-an-array",
    title: "anything but an array is refused as a whole, and an empty array is fine",
    async run({ storage }) {
      const { metrics } = await storage(ANY_TIME);
      for (const value of [undefined, null, SAMPLE, "x"]) {
        await rejects(() => metrics.record(value as never), "invalid_argument", /array/);
      }
      assert.deepEqual(await metrics.record([]), { recorded: 0, rejected: [] });
    },
  },
  {
    id: "metrics.record.identical-samples-count-each",
    title: "samples have no identity: the same sample twice counts twice",
    async run({ storage }) {
      const { metrics } = await storage(ANY_TIME);
      await metrics.record([SAMPLE, SAMPLE]);
      await metrics.record([SAMPLE]);
      const [series] = await metrics.query(QUERY);
      assert.equal(series?.points[0]?.value, 3);
    },
  },
  {
    id: "metrics.record.independent",
    title: "an array may be reused as soon as it has been passed",
    async run({ storage }) {
      const { metrics } = await storage(ANY_TIME);
      await metrics.define({ name: "c", kind: "cumulative" });
      const batch: MetricSample[] = [];
      const calls: Promise<RecordResult>[] = [];
      for (let n = 1; n <= 5; n++) {
        batch.push({ ...SAMPLE, value: n }, { ...SAMPLE, metric: "c", value: n });
        calls.push(metrics.record(batch));
        batch.length = 0;
      }
      for (const result of await Promise.all(calls)) assert.deepEqual(result, { recorded: 2, rejected: [] });
      assert.equal((await metrics.query(QUERY))[0]?.points[0]?.value, 15);
      assert.equal((await metrics.query({ ...QUERY, metric: "c" }))[0]?.points[0]?.value, 5);
    },
  },
  {
    id: "metrics.query.bad",
    title: "a query that can never be answered is refused, with a hint where one word is close",
    async run({ storage }) {
      const { metrics } = await storage(ANY_TIME);
      const bad: [Record<string, unknown>, RegExp][] = [
        [{ to: QUERY.from }, /later/],
        [{ to: new Date(NOW - 1) }, /later/],
        [{ from: "2026-01-01" }, /from/],
        [{ metric: "" }, /metric/],
        [{ aggregate: "summ" }, /Did you mean "sum"/],
        [{ aggregate: undefined }, /aggregate/],
        [{ groupBy: ["agent"] }, /groupBy.*agentId/],
        [{ groupBy: ["labels."] }, /groupBy/],
        [{ groupBy: ["agentId", "agentId"] }, /twice/],
        [{ groupBy: "agentId" }, /array/],
        [{ bucket: { every: "7m" } }, /every/],
        [{ bucket: { every: "1h", timeZone: "Mars/Olympus" } }, /timeZone/],
        [{ bucket: "1h" }, /bucket/],
        [{ fill: "linear" }, /fill/],
        [{ labels: { a: 1 } }, /labels/],
        [{ agentId: 7 }, /agentId/],
        [{ agentID: "a" }, /Did you mean "agentId"/],
      ];
      for (const [members, message] of bad) {
        await rejects(() => metrics.query({ ...QUERY, ...members } as never), "invalid_argument", message);
      }
    },
  },
  {
    id: "metrics.query.too-many-points",
    title: "an answer of more than 100,000 points is refused before it is made",
    async run({ storage }) {
      const { metrics } = await storage(ANY_TIME);
      await metrics.record([SAMPLE]);
      const query = { ...QUERY, to: new Date(NOW + 200_000_000), bucket: { every: "1s" } };
      await rejects(() => metrics.query({ ...query, fill: "zero" }), "invalid_argument", /points/);
      assert.equal((await metrics.query({ ...query, fill: "none" }))[0]?.points.length, 1);
      // No series has as many, but all of them together.
      await metrics.record(Array.from({ length: 30 }, (_, n) => ({ ...SAMPLE, agentId: `a${n}` })));
      const filled: MetricQuery = { ...QUERY, bucket: { every: "1s" }, fill: "null" };
      assert.equal((await metrics.query(filled))[0]?.points.length, 3600);
      await rejects(() => metrics.query({ ...filled, groupBy: ["agentId"] }), "invalid_argument", /points/);
    },
  },
]);
