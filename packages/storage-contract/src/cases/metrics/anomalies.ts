import assert from "node:assert/strict";
import type { AnomalyPoint, AnomalyQuery, MetricSample, StorageBackend } from "@agent-assembly/storage-core";
import { defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { ANY_TIME, event } from "../../support/fixtures.js";
import { assertClose, at, HOUR, MINUTE, ofAgents, recorded, T0 } from "./support.js";

type Judged = Omit<AnomalyPoint, "ts">;

/** @param from minutes since {@link T0}, as `to` */
function judging(from: number, to: number, members: Partial<AnomalyQuery> = {}): AnomalyQuery {
  return {
    metric: "m",
    from: new Date(T0 + from * MINUTE),
    to: new Date(T0 + to * MINUTE),
    bucket: { every: "1m" },
    aggregate: "sum",
    method: "mad",
    ...members,
  };
}

const NOT_JUDGED = { expected: null, lower: null, upper: null, score: null, anomaly: false } as const;

/** Values of the minutes that end at {@link T0}; `null` for a gap. */
const before = (values: readonly (number | null)[], members: Partial<MetricSample> = {}): MetricSample[] =>
  values.flatMap((value, n) => (value === null ? [] : [at((n - values.length) * MINUTE, value, members)]));

/** Compares the points of the only series, numbers but for their last digits. */
async function assertPoints(
  { metrics }: StorageBackend,
  query: AnomalyQuery,
  expected: readonly Judged[],
): Promise<void> {
  const series = await metrics.anomalies(query);
  assert.equal(series.length, 1);
  const points = series[0]?.points ?? [];
  assert.equal(points.length, expected.length);
  for (const [n, wanted] of expected.entries()) {
    const point = points[n] as AnomalyPoint;
    for (const member of ["value", "expected", "lower", "upper", "score"] as const) {
      const want = wanted[member];
      if (want === null) assert.equal(point[member], null, `${member} of ${n}`);
      else assertClose(point[member], want, `${member} of ${n}`);
    }
    assert.equal(point.anomaly, wanted.anomaly, `anomaly of ${n}`);
  }
}

/** Buckets judged by those before them. */
export const anomalyCases = defineCases([
  {
    id: "metrics.anomalies.methods",
    title: "mad compares with median and MAD, zscore with mean and standard deviation of the buckets before",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await recorded(backend, [...before([64, 10, 12, 11, 13, 14]), at(0, 20)]);
      const spread = 1.4826;
      await assertPoints(backend, judging(0, 1, { window: 5 }), [
        {
          value: 20,
          expected: 12,
          lower: 12 - 3.5 * spread,
          upper: 12 + 3.5 * spread,
          score: 8 / spread,
          anomaly: true,
        },
      ]);
      const deviation = Math.sqrt(2.5);
      await assertPoints(backend, judging(0, 1, { window: 5, method: "zscore" }), [
        {
          value: 20,
          expected: 12,
          lower: 12 - 3 * deviation,
          upper: 12 + 3 * deviation,
          score: 8 / deviation,
          anomaly: true,
        },
      ]);
      const tolerant = judging(0, 1, { window: 5, method: "zscore", threshold: 5.1 });
      assert.equal((await backend.metrics.anomalies(tolerant))[0]?.points[0]?.anomaly, false);
    },
  },
  {
    id: "metrics.anomalies.constant",
    title:
      "of a constant series values within 3.5 % are no anomalies, others are; without any spread every other value is",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await recorded(backend, [...before(Array(8).fill(128)), at(0, 131.84), at(MINUTE, 512), at(2 * MINUTE, 128)]);
      const band = { expected: 128, lower: 128 - 3.5 * 1.28, upper: 128 + 3.5 * 1.28 };
      await assertPoints(backend, judging(0, 3, { window: 8 }), [
        { ...band, value: 131.84, score: 3, anomaly: false },
        // Median 128, MAD 0: the mean deviation is 3.84 / 8.
        {
          value: 512,
          expected: 128,
          lower: 128 - 3.5 * 1.28,
          upper: 128 + 3.5 * 1.28,
          score: 300,
          anomaly: true,
        },
        {
          value: 128,
          expected: 128,
          lower: 128 - 3.5 * 1.2533 * (387.84 / 8),
          upper: 128 + 3.5 * 1.2533 * (387.84 / 8),
          score: 0,
          anomaly: false,
        },
      ]);
      await recorded(backend, before(Array(8).fill(0), { metric: "zeros" }));
      await recorded(backend, [
        at(0, 0, { metric: "zeros" }),
        at(MINUTE, 0.25, { metric: "zeros" }),
        at(2 * MINUTE, -0.25, { metric: "negative" }),
      ]);
      await recorded(backend, before(Array(10).fill(0), { metric: "negative" }));
      const none = { expected: 0, lower: 0, upper: 0 };
      await assertPoints(backend, judging(0, 2, { window: 8, metric: "zeros" }), [
        { ...none, value: 0, score: 0, anomaly: false },
        { ...none, value: 0.25, score: 1000, anomaly: true },
      ]);
      await assertPoints(backend, judging(2, 3, { window: 10, metric: "negative" }), [
        { ...none, value: -0.25, score: -1000, anomaly: true },
      ]);
    },
  },
  {
    id: "metrics.anomalies.gaps-and-min-samples",
    title: "gaps have no score and are in no baseline; too few values before are none to judge by",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await recorded(backend, [...before([10, null, 12, null, 14]), at(0, 20), at(2 * MINUTE, 11)]);
      const query = judging(0, 3, { window: 5 });
      const points = (await backend.metrics.anomalies(query))[0]?.points ?? [];
      assert.deepEqual(
        points.map(({ value, expected, score }) => [value, expected, score === null]),
        [
          [20, 12, false],
          [null, 14, true],
          [11, 14, false],
        ],
      );
      assert.deepEqual(
        points.map(({ ts }) => (ts.getTime() - T0) / MINUTE),
        [0, 1, 2],
      );
      await assertPoints(backend, { ...query, minSamples: 4 }, [
        { ...NOT_JUDGED, value: 20 },
        { ...NOT_JUDGED, value: null },
        { ...NOT_JUDGED, value: 11 },
      ]);
      const two = await backend.metrics.anomalies(judging(0, 1, { window: 3, minSamples: 2 }));
      assert.equal(two[0]?.points[0]?.expected, 13);
      // Of four buckets there must be three with a value, of twelve there must be six.
      const defaults = [4, 12].map(async (window) => (await backend.metrics.anomalies(judging(0, 1, { window })))[0]);
      assert.deepEqual(
        (await Promise.all(defaults)).map((series) => series?.points[0]?.expected),
        [null, null],
      );
      const zero = (await backend.metrics.anomalies({ ...query, fill: "zero" }))[0]?.points ?? [];
      assert.deepEqual(
        zero.map(({ value, expected }) => [value, expected]),
        [
          [20, 10],
          [0, 12],
          [11, 12],
        ],
      );
    },
  },
  {
    id: "metrics.anomalies.event-counts",
    title: "numbers of events are zero where there are none, and vary at least as chance has them",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      let n = 0;
      const events = (minute: number, count: number) =>
        Array.from({ length: count }, () => event(n++, { ts: new Date(T0 + minute * MINUTE + n), decision: "deny" }));
      const constant = Array.from({ length: 8 }, (_, minute) => events(minute - 8, 4)).flat();
      await backend.audit.append([...constant, ...events(0, 11), ...events(1, 12)]);
      const band = { expected: 4, lower: 4 - 3.5 * 2, upper: 4 + 3.5 * 2 };
      const query = judging(0, 3, { metric: "denials", window: 8, aggregate: "count" });
      const spread = 1.2533 * (15 / 8);
      await assertPoints(backend, { ...query, to: new Date(T0 + 2 * MINUTE) }, [
        { ...band, value: 11, score: 3.5, anomaly: false },
        { ...band, value: 12, score: 4, anomaly: true },
      ]);
      const gap = (await backend.metrics.anomalies(query))[0]?.points[2];
      assert.equal(gap?.value, 0);
      assertClose(gap?.upper, 4 + 3.5 * Math.max(2, spread), "upper");
      const silent = judging(-12, -8, { metric: "denials", window: 8, aggregate: "count" });
      assert.deepEqual(await backend.metrics.anomalies(silent), []);
      const first = judging(-9, -7, { metric: "denials", window: 8, aggregate: "count" });
      await assertPoints(backend, first, [
        { value: 0, expected: 0, lower: -3.5, upper: 3.5, score: 0, anomaly: false },
        { value: 4, expected: 0, lower: -3.5, upper: 3.5, score: 4, anomaly: true },
      ]);
    },
  },
  {
    id: "metrics.anomalies.silence",
    title: "a group that has fallen silent is judged where an empty bucket counts as zero",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await recorded(backend, [
        ...before(Array(6).fill(50), { agentId: "a" }),
        ...before(Array(6).fill(50), { agentId: "b" }),
        at(0, 50, { agentId: "a" }),
      ]);
      const query = judging(0, 1, { window: 6, groupBy: ["agentId"] });
      const judged = async (members: Partial<AnomalyQuery>) =>
        (await backend.metrics.anomalies({ ...query, ...members })).map(({ key, points: [point] }) => [
          key.agentId,
          point?.value,
          point?.anomaly,
        ]);
      assert.deepEqual(await judged({ fill: "zero" }), [
        ["a", 50, false],
        ["b", 0, true],
      ]);
      assert.deepEqual(await judged({}), [["a", 50, false]]);
      // The same where the range cuts a bucket, so that it is read apart from what lies before.
      const cut = { from: new Date(T0 - 1), to: new Date(T0 + MINUTE), fill: "zero" } as const;
      const [, silent] = await backend.metrics.anomalies({ ...query, ...cut });
      assert.deepEqual(
        silent?.points.map(({ value, anomaly }) => [value, anomaly]),
        [
          [0, false],
          [0, true],
        ],
      );
    },
  },
  {
    id: "metrics.anomalies.cut-buckets",
    title: "buckets that from or to cuts are shown, but neither judged nor in a baseline",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await recorded(backend, [
        ...before(Array(8).fill(8)),
        at(0, 64),
        at(MINUTE / 2, 1),
        at(MINUTE, 8),
        at(2 * MINUTE, 8),
        at(2 * MINUTE + 1, 64),
      ]);
      const query = judging(0.5, 2.5, { window: 4, minSamples: 4 });
      const [series] = await backend.metrics.anomalies({ ...query, to: new Date(T0 + 2 * MINUTE + 1) });
      assert.deepEqual(
        series?.points.map(({ value, expected, score }) => [value, expected, score]),
        [
          [1, 8, null],
          // Of the four buckets before it one is cut.
          [8, null, null],
          [8, null, null],
        ],
      );
      const whole = await backend.metrics.anomalies(judging(0, 3, { window: 4 }));
      assert.deepEqual(
        whole[0]?.points.map(({ value, score }) => [value, score !== null]),
        [
          [65, true],
          [8, true],
          [72, true],
        ],
      );
    },
  },
  {
    id: "metrics.anomalies.seasonal",
    title: "seasonal compares the same local time of the days or weekdays before, also over a change of the clock",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      // 09:00 in Berlin, which changed to summer time on Sunday 2026-03-29.
      const nine = ["2026-03-27T08:00:00Z", "2026-03-28T08:00:00Z", "2026-03-29T07:00:00Z", "2026-03-30T07:00:00Z"];
      const sample = (ts: string, value: number, metric: string) => ({ ts: new Date(ts), metric, value });
      await recorded(
        backend,
        nine.flatMap((ts, n) => [
          sample(ts, n < 3 ? 8 : 80, "m"),
          // The hour before is of another kind.
          sample(new Date(Date.parse(ts) - HOUR).toISOString(), 512, "m"),
        ]),
      );
      const hours: AnomalyQuery = {
        metric: "m",
        from: new Date("2026-03-30T07:00:00Z"),
        to: new Date("2026-03-30T08:00:00Z"),
        bucket: { every: "1h", timeZone: "Europe/Berlin" },
        aggregate: "sum",
        method: "seasonal",
        season: "day",
        window: 3,
      };
      await assertPoints(backend, hours, [
        { value: 80, expected: 8, lower: 8 - 3.5 * 0.08, upper: 8 + 3.5 * 0.08, score: 900, anomaly: true },
      ]);
      const mondays = ["2026-03-08T23:00:00Z", "2026-03-15T23:00:00Z", "2026-03-22T23:00:00Z", "2026-03-29T22:00:00Z"];
      await recorded(
        backend,
        mondays.flatMap((ts, n) => [
          sample(ts, n < 3 ? 4 : 5, "d"),
          sample(new Date(Date.parse(ts) - 1).toISOString(), 512, "d"),
        ]),
      );
      const days: AnomalyQuery = {
        ...hours,
        metric: "d",
        from: new Date("2026-03-29T22:00:00Z"),
        to: new Date("2026-03-30T22:00:00Z"),
        bucket: { every: "1d", timeZone: "Europe/Berlin" },
        season: undefined,
      };
      await assertPoints(backend, days, [
        { value: 5, expected: 4, lower: 4 - 3.5 * 0.04, upper: 4 + 3.5 * 0.04, score: 25, anomaly: true },
      ]);
    },
  },
  {
    id: "metrics.anomalies.groups-and-units",
    title: "each group is judged by itself, in the unit asked for; without samples in the range there is no series",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.metrics.define({ name: "m", kind: "delta", unit: "ms", decimals: 1 });
      await recorded(backend, [
        ...before(Array(6).fill(1000), { agentId: "a" }),
        ...before(Array(6).fill(0.1), { agentId: "b" }),
        ...before(Array(6).fill(1), { agentId: "c" }),
        at(0, 1500, { agentId: "a" }),
        at(0, 0.1, { agentId: "b" }),
        at(0, 5),
      ]);
      const series = await backend.metrics.anomalies(judging(0, 1, { window: 6, unit: "s", groupBy: ["agentId"] }));
      assert.deepEqual(
        series.map(({ key, unit, points: [point] }) => [
          key.agentId,
          unit,
          point?.value,
          point?.expected,
          point?.score,
          point?.anomaly,
        ]),
        [
          ["a", "s", 1.5, 1, 50, true],
          ["b", "s", 0.0001, 0.0001, 0, false],
          [null, "s", 0.005, null, null, false],
        ],
      );
      assert.deepEqual(await backend.metrics.anomalies(judging(5, 6)), []);
      assert.deepEqual(await backend.metrics.anomalies(judging(0, 1, { metric: "unknown" })), []);
    },
  },
  {
    id: "metrics.anomalies.bad",
    title: "what cannot be judged is refused by the member at fault, with a hint where one word is close",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await recorded(backend, ofAgents(101));
      const seasonal = { method: "seasonal" } as const;
      const bad: [Record<string, unknown>, RegExp, string][] = [
        [{ threshold: Number.NaN }, /above 0 and at most 1000/, "query.threshold"],
        [{ threshold: 0 }, /above 0 and at most 1000/, "query.threshold"],
        [{ threshold: 1001 }, /above 0 and at most 1000/, "query.threshold"],
        [{ threshold: "3" }, /above 0 and at most 1000/, "query.threshold"],
        [{ method: "seasnal" }, /Did you mean "seasonal"/, "query.method"],
        [{ method: undefined }, /must be one of mad, zscore, seasonal/, "query.method"],
        [{ window: 1 }, /whole number from 2 to 10000/, "query.window"],
        [{ window: 2.5 }, /whole number from 2 to 10000/, "query.window"],
        [{ window: 10_001 }, /whole number from 2 to 10000/, "query.window"],
        [{ ...seasonal, window: 401 }, /whole number from 2 to 400/, "query.window"],
        [{ minSamples: 1 }, /whole number from 2 to 24/, "query.minSamples"],
        [{ window: 5, minSamples: 6 }, /whole number from 2 to 5/, "query.minSamples"],
        [{ season: "day" }, /does not apply to the method mad/, "query.season"],
        [{ ...seasonal, season: "weak" }, /Did you mean "week"/, "query.season"],
        [{ ...seasonal, bucket: { every: "1d" }, season: "day" }, /must be "week"/, "query.season"],
        [{ ...seasonal, bucket: { every: "1w" } }, /cannot be seasonal/, "query.method"],
        [{ ...seasonal, bucket: { every: "1mo" } }, /cannot be seasonal/, "query.method"],
        [{ bucket: undefined }, /must be an object/, "query.bucket"],
        [{ bucket: { every: "7m" } }, /divides a day/, "query.bucket.every"],
        [{ aggregate: "summ" }, /Did you mean "sum"/, "query.aggregate"],
        [{ fill: "linear" }, /must be one of/, "query.fill"],
        [{ to: new Date(T0) }, /later than query.from/, "query.to"],
        [{ treshold: 3 }, /Did you mean "threshold"/, "query.treshold"],
        [{ groupBy: ["agent"] }, /Known: agentId/, "query.groupBy"],
        [{ metric: "events", groupBy: ["labels.tol"] }, /Did you mean "tool"/, "query.groupBy"],
        [{ unit: "ms" }, /declares no unit/, "query.unit"],
        [{ to: new Date(T0 + 1000 * MINUTE), groupBy: ["agentId"] }, /more than 100000 points/, "query"],
        [{ bucket: { every: "1s" }, to: new Date(T0 + 48 * HOUR) }, /more than 100000 points/, "query"],
        [{ ...seasonal, bucket: { every: "1s" } }, /more than 1000000 buckets/, "query"],
      ];
      for (const [members, message, option] of bad) {
        const query = judging(0, 5, members as Partial<AnomalyQuery>);
        await rejects(() => backend.metrics.anomalies(query), "invalid_argument", { message, option });
      }
      await rejects(() => backend.metrics.anomalies(undefined as never), "invalid_argument", { option: "query" });
    },
  },
]);
