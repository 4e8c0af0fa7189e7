import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type JudgeContext, judge } from "../../src/metrics/anomalies/judge.js";
import { type AnomalyOptions, parseAnomalyOptions } from "../../src/metrics/anomalies/parse-anomalies.js";
import { type Bucket, bucketStarts, parseBucket } from "../../src/time/bucket.js";

type Cells = readonly (number | null)[];

const MIDNIGHT = Date.UTC(2026, 0, 5);
const HOUR = 3_600_000;

function run(values: Cells, query: object, changed: Partial<JudgeContext> = {}) {
  const bucketing = parseBucket({ every: "1h" });
  const starts = values.map((_, i) => MIDNIGHT + i * HOUR);
  const context = { rangeStart: 0, cut: () => false, counts: false, bucketing, ...changed };
  return judge(values, starts, parseAnomalyOptions(query, "query", bucketing), context);
}

const last = (values: Cells, query: object, changed: Partial<JudgeContext> = {}) =>
  run(values, query, { rangeStart: values.length - 1, ...changed })[0];

describe("judge, against the definitions", () => {
  const median = (sorted: number[]) => {
    const half = sorted.length >> 1;
    return sorted.length % 2 === 1
      ? (sorted[half] as number)
      : ((sorted[half - 1] as number) + (sorted[half] as number)) / 2;
  };
  const sort = (values: number[]) => values.toSorted((a, b) => a - b);
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

  /** By the formulas, from the start for each bucket. */
  function expectation(baseline: number[], method: AnomalyOptions["method"]) {
    if (method === "zscore") {
      const expected = mean(baseline);
      const squares = baseline.map((value) => (value - expected) ** 2);
      return { expected, spread: Math.sqrt((mean(squares) * baseline.length) / (baseline.length - 1)) };
    }
    const expected = median(sort(baseline));
    const deviations = baseline.map((value) => Math.abs(value - expected));
    const mad = median(sort(deviations));
    return { expected, spread: mad > 0 ? 1.4826 * mad : 1.2533 * mean(deviations) };
  }

  const close = (actual: number | null | undefined, expected: number) =>
    expect(Math.abs((actual ?? Number.NaN) - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(expected)));

  it.each(["mad", "zscore", "seasonal"] as const)("%s", (method) => {
    const values = fc.array(fc.option(fc.integer({ min: -6, max: 30 }), { nil: null, freq: 5 }), { maxLength: 120 });
    fc.assert(
      fc.property(values, fc.integer({ min: 2, max: 30 }), fc.boolean(), (values, window, counts) => {
        const query = { method, window, ...(method === "seasonal" ? { season: "day" } : {}) };
        const { minSamples, threshold } = parseAnomalyOptions(query, "query", parseBucket({ every: "1h" }));
        const step = method === "seasonal" ? 24 : 1;
        for (const [i, point] of run(values, query, { counts }).entries()) {
          const baseline = Array.from({ length: window }, (_, k) => values[i - (k + 1) * step]).filter(
            (value) => typeof value === "number",
          );
          if (baseline.length < minSamples) {
            expect(point).toMatchObject({ expected: null, lower: null, upper: null, score: null, anomaly: false });
            continue;
          }
          const { expected, spread } = expectation(baseline, method);
          const floor = counts ? Math.max(1, Math.sqrt(Math.max(0, expected))) : 0.01 * Math.abs(expected);
          const least = Math.max(spread, floor);
          close(point.expected, expected);
          close(point.lower, expected - threshold * least);
          close(point.upper, expected + threshold * least);
          const value = values[i] ?? null;
          expect(point.value).toBe(value);
          if (value === null) expect(point.score).toBeNull();
          else if (least > 1e-6) close(point.score, Math.max(-1000, Math.min(1000, (value - expected) / least)));
          if (point.score !== null) expect(point.anomaly).toBe(Math.abs(point.score) > threshold);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("judge", () => {
  const flat = (value: number, count = 24): number[] => Array(count).fill(value);

  it.each(["mad", "zscore"] as const)("%s: a constant series alarms at no noise, and at a jump", (method) => {
    for (const counts of [false, true]) {
      expect(run(flat(50, 60), { method }, { counts }).every(({ anomaly }) => !anomaly)).toBe(true);
      expect(last([...flat(50), 50.4], { method }, { counts })?.anomaly).toBe(false);
      expect(last([...flat(50), 120], { method }, { counts })).toMatchObject({ expected: 50, anomaly: true });
      expect(last([...flat(50), 0], { method }, { counts })?.score).toBeLessThan(-3);
    }
  });

  it("zeros: any measurement is infinitely far, one event is not", () => {
    expect(last([...flat(0), 1e-9], { method: "mad" })).toMatchObject({
      score: 1000,
      anomaly: true,
      lower: 0,
      upper: 0,
    });
    expect(last([...flat(0), -5], { method: "zscore" })).toMatchObject({ score: -1000, anomaly: true });
    expect(last([...flat(0), 0], { method: "mad" })).toMatchObject({ score: 0, anomaly: false });
    expect(last([...flat(0), 2], { method: "mad" }, { counts: true })).toMatchObject({ score: 2, anomaly: false });
    expect(last([...flat(0), 9], { method: "zscore" }, { counts: true })).toMatchObject({ score: 9, anomaly: true });
  });

  it("scores are limited to 1000", () => {
    const noisy = Array.from({ length: 24 }, (_, i) => i % 3);
    expect(last([...noisy, 1e12], { method: "mad" })?.score).toBe(1000);
    expect(last([...noisy, -1e12], { method: "zscore" })?.score).toBe(-1000);
  });

  it("the largest doubles do not overflow a median", () => {
    const huge = flat(Number.MAX_VALUE);
    expect(last([...huge, Number.MAX_VALUE], { method: "mad" })).toMatchObject({
      expected: Number.MAX_VALUE,
      score: 0,
    });
    expect(last([...huge, Number.MAX_VALUE], { method: "zscore" })).toMatchObject({
      expected: Number.MAX_VALUE,
      score: 0,
    });
  });

  it("a spike is one anomaly for mad and stays in no later score, while it blinds zscore", () => {
    const values = Array.from({ length: 72 }, (_, i) => 100 + ((i * 7) % 5));
    values[40] = 1000;
    values[45] = 150;
    const anomalies = (method: string) => run(values, { method }).flatMap(({ anomaly }, i) => (anomaly ? [i] : []));
    expect(anomalies("mad")).toEqual([40, 45]);
    expect(anomalies("zscore")).toEqual([40]);
  });

  it("a gap has no score, is in no baseline, and keeps its expectation", () => {
    const gapped = [...flat(10), null, null, 30];
    const [gap, , spike] = run(gapped, { method: "mad" }, { rangeStart: 24 });
    expect(gap).toEqual({
      ts: new Date(MIDNIGHT + 24 * HOUR),
      value: null,
      expected: 10,
      lower: 9.65,
      upper: 10.35,
      score: null,
      anomaly: false,
    });
    expect(spike).toMatchObject({ expected: 10, anomaly: true });
  });

  it("with too few values there is no expectation", () => {
    const sparse: Cells = [...Array(22).fill(null), 5, 6, 7];
    expect(last(sparse, { method: "mad", minSamples: 2 })?.expected).toBe(5.5);
    expect(last(sparse, { method: "mad", minSamples: 3 })).toMatchObject({ value: 7, expected: null, score: null });
  });

  it("a bucket that is cut has an expectation without a score, and is in no baseline", () => {
    const cut = (index: number) => index === 24 || index === 30;
    const points = run([...flat(10), 1, ...flat(10, 5), 2], { method: "mad", window: 3 }, { rangeStart: 24, cut });
    expect(points[0]).toMatchObject({ value: 1, expected: 10, score: null, anomaly: false });
    expect(points[1]).toMatchObject({ expected: null });
    expect(points.at(-1)).toMatchObject({ value: 2, expected: 10, score: null, anomaly: false });
    expect(run([10, 10, 1, 10], { method: "mad", window: 3, minSamples: 2 }, { cut: (i) => i === 2 })[3]).toMatchObject(
      {
        expected: 10,
        score: 0,
      },
    );
  });

  it("scores do not depend on where the buckets begin", () => {
    const values = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 40, maxLength: 60 });
    fc.assert(
      fc.property(values, fc.constantFrom("mad", "zscore"), (values, method) => {
        const whole = run(values, { method, window: 8 }, { rangeStart: 30 });
        const bucketing = parseBucket({ every: "1h" });
        const starts = values.map((_, i) => MIDNIGHT + i * HOUR);
        const options = parseAnomalyOptions({ method, window: 8 }, "query", bucketing);
        const context = { rangeStart: 8, cut: () => false, counts: false, bucketing };
        expect(judge(values.slice(22), starts.slice(22), options, context)).toEqual(whole);
      }),
    );
  });

  it("100,000 buckets with a window of 10,000 take no quadratic work", () => {
    const values = Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 10_007);
    for (const method of ["mad", "zscore"]) {
      const points = run(values, { method, window: 10_000 }, { rangeStart: 10_000 });
      expect(points).toHaveLength(90_000);
      expect(points.every(({ score }) => score !== null && Math.abs(score) < 2)).toBe(true);
    }
  });
});

describe("seasonal", () => {
  /** One value for each bucket, from the local time that its start shows. */
  function byClock(bucket: Bucket, from: string, to: string, value: (clock: string) => number) {
    const bucketing = parseBucket(bucket);
    const starts = bucketStarts(bucketing, Date.parse(from), Date.parse(to));
    const clock = new Intl.DateTimeFormat("en-GB", { timeZone: bucket.timeZone, timeStyle: "short" });
    const date = new Intl.DateTimeFormat("en-CA", { timeZone: bucket.timeZone, dateStyle: "short" });
    const shown = starts.map((start) => `${date.format(start)} ${clock.format(start)}`);
    const values = shown.map((time) => value(time.slice(-5)));
    const judged = (query: object) =>
      judge(values, starts, parseAnomalyOptions({ method: "seasonal", ...query }, "query", bucketing), {
        rangeStart: 0,
        cut: () => false,
        counts: true,
        bucketing,
      }).map((point, i) => ({ ...point, shown: shown[i] as string }));
    return { judged, shown };
  }

  const hourOf = (clock: string) => 100 * Number(clock.slice(0, 2)) + Number(clock.slice(3));

  it.each([
    ["Europe/Berlin", "2026-03-20T00:00:00Z", "2026-04-08T00:00:00Z"],
    ["Europe/Berlin", "2026-10-15T00:00:00Z", "2026-11-04T00:00:00Z"],
    ["Australia/Lord_Howe", "2026-03-25T00:00:00Z", "2026-04-14T00:00:00Z"],
    ["Australia/Lord_Howe", "2026-09-25T00:00:00Z", "2026-10-14T00:00:00Z"],
  ])("compares 09:00 with 09:00 across a change of the clock in %s since %s", (timeZone, from, to) => {
    const { judged } = byClock({ every: "30m", timeZone }, from, to, hourOf);
    for (const query of [
      { season: "day", window: 3 },
      { season: "week", window: 2 },
    ]) {
      const points = judged(query).filter(({ score }) => score !== null);
      expect(points.length).toBeGreaterThan(100);
      expect(points.filter(({ score }) => score !== 0)).toEqual([]);
    }
  });

  it("an hour that a day leaves out is a gap in the baselines of that hour", () => {
    const bucket = { every: "1h", timeZone: "Europe/Berlin" };
    const { judged } = byClock(bucket, "2026-03-26T23:00:00Z", "2026-03-31T22:00:00Z", hourOf);
    const points = judged({ season: "day", window: 3, minSamples: 3 });
    const at = (shown: string) => points.find((point) => point.shown === shown);
    expect(at("2026-03-30 01:00")?.expected).toBe(100);
    expect(at("2026-03-29 02:00")).toBeUndefined();
    expect(at("2026-03-30 02:00")?.expected).toBeNull();
    expect(at("2026-03-30 03:00")?.expected).toBe(300);
  });

  it("of an hour that comes twice both are judged, and the first is in baselines", () => {
    const bucket = { every: "1h", timeZone: "Europe/Berlin" };
    let twice = 0;
    const { judged } = byClock(bucket, "2026-10-22T22:00:00Z", "2026-10-27T23:00:00Z", (clock) =>
      clock === "02:00" ? 200 + 10 * twice++ : hourOf(clock),
    );
    const points = judged({ season: "day", window: 2, minSamples: 2 });
    const [first, second] = points.filter(({ shown }) => shown === "2026-10-25 02:00");
    expect([first?.value, second?.value]).toEqual([220, 230]);
    expect([first?.expected, second?.expected]).toEqual([205, 205]);
    expect(points.find(({ shown }) => shown === "2026-10-26 02:00")?.expected).toBe(215);
  });

  it("buckets that a change of 30 minutes shifts against the clock are compared with nothing", () => {
    const bucket = { every: "1h", timeZone: "Australia/Lord_Howe" };
    const { judged } = byClock(bucket, "2026-09-30T13:30:00Z", "2026-10-06T13:00:00Z", hourOf);
    const points = judged({ season: "day", window: 3, minSamples: 2 });
    const of = (day: string) => points.filter(({ shown }) => shown.startsWith(day));
    expect(of("2026-10-04").map(({ shown, score }) => [shown.slice(-5), score])).toEqual([
      ["00:00", 0],
      ["01:00", 0],
      ...Array.from({ length: 22 }, (_, i) => [`${String(i + 2).padStart(2, "0")}:30`, null]),
    ]);
    expect(of("2026-10-05").every(({ score }) => score === 0)).toBe(true);
  });

  it("days are compared by weekday, also where a day begins after midnight", () => {
    const bucket = { every: "1d", timeZone: "America/Sao_Paulo" };
    const from = "2018-09-16T03:00:00Z";
    const weekday = new Intl.DateTimeFormat("en", { timeZone: bucket.timeZone, weekday: "narrow" });
    const bucketing = parseBucket(bucket);
    const starts = bucketStarts(bucketing, Date.parse(from), Date.parse("2018-12-10T02:00:00Z"));
    const values = starts.map((start) => weekday.format(start).charCodeAt(0));
    const options = parseAnomalyOptions({ method: "seasonal", window: 4, minSamples: 4 }, "query", bucketing);
    const points = judge(values, starts, options, { rangeStart: 28, cut: () => false, counts: false, bucketing });
    expect(points.map(({ score }) => score)).toEqual(Array(starts.length - 28).fill(0));
  });
});
