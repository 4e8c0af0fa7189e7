import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { judge } from "../../src/metrics/anomalies/judge.js";
import { parseAnomalyOptions } from "../../src/metrics/anomalies/parse-anomalies.js";
import { parseBucket } from "../../src/time/bucket.js";
import { readGuide } from "./guide.js";

/**
 * Trips of taxis in New York from July 2014 to January 2015, one line for each day with the trips of its 24 hours (local time; the
 * source has no hour twice), added up from the half hours of the Numenta Anomaly Benchmark, data/realKnownCause/nyc_taxi.csv.
 */
const TRIPS = new URL("./fixtures/nyc-taxi-trips-per-hour.csv", import.meta.url);

/** The labelled periods, from labels/combined_windows.json of the same benchmark. */
const LABELS = (
  [
    ["2014-10-30T15:30Z", "2014-11-03T22:30Z"],
    ["2014-11-25T12:00Z", "2014-11-29T19:00Z"],
    ["2014-12-23T11:30Z", "2014-12-27T18:30Z"],
    ["2014-12-29T21:30Z", "2015-01-03T04:30Z"],
    ["2015-01-24T20:30Z", "2015-01-29T03:30Z"],
  ] as const
).map(([from, to]) => ({ from: Date.parse(from), to: Date.parse(to) }));

const HOUR = 3_600_000;
const JUDGED_FROM = Date.UTC(2014, 6, 1) + 8 * 7 * 24 * HOUR;

const days = readFileSync(TRIPS, "utf8")
  .trim()
  .split("\n")
  .slice(1)
  .map((line) => line.split(","))
  .map(([day, ...trips]) => ({ start: Date.parse(`${day}T00:00:00Z`), trips: trips.map(Number) }));

const SERIES = {
  "1h": {
    width: HOUR,
    buckets: days.flatMap(({ start, trips }) => trips.map((value, hour) => ({ start: start + hour * HOUR, value }))),
  },
  "1d": {
    width: 24 * HOUR,
    buckets: days.map(({ start, trips }) => ({ start, value: trips.reduce((sum, value) => sum + value, 0) })),
  },
};

/** Anomalous buckets since the ninth week, the part of them within labels, that part of all buckets, and the labels with one. */
function measure(every: keyof typeof SERIES, query: object) {
  const bucketing = parseBucket({ every });
  const { width, buckets } = SERIES[every];
  const starts = buckets.map(({ start }) => start);
  const points = judge(
    buckets.map(({ value }) => value),
    starts,
    parseAnomalyOptions(query, "query", bucketing),
    { rangeStart: starts.findIndex((start) => start >= JUDGED_FROM), cut: () => false, counts: true, bucketing },
  );
  const anomalies = points.filter(({ anomaly }) => anomaly).map(({ ts }) => ts.getTime());
  const overlaps = (start: number, { from, to }: (typeof LABELS)[number]) => start + width > from && start <= to;
  const partInLabels = (some: number[]) =>
    some.filter((start) => LABELS.some((label) => overlaps(start, label))).length / some.length;
  return {
    anomalies: anomalies.length,
    precision: partInLabels(anomalies),
    byChance: partInLabels(points.map(({ ts }) => ts.getTime())),
    found: LABELS.filter((label) => anomalies.some((start) => overlaps(start, label))).length,
  };
}

describe("labelled anomalies of New York's taxis", () => {
  it("the data are 215 whole days", () => {
    expect(days).toHaveLength(215);
    expect(SERIES["1h"].buckets).toHaveLength(5160);
    expect(SERIES["1d"].buckets.every(({ value }) => value > 100_000)).toBe(true);
  });

  it("seasonal finds every label, several times as precisely as chance", () => {
    const hours = measure("1h", { method: "seasonal", window: 8, threshold: 8 });
    expect(hours.found).toBe(5);
    expect(hours.precision).toBeGreaterThan(0.7);
    const wholeDays = measure("1d", { method: "seasonal", window: 8 });
    expect(wholeDays.found).toBe(5);
    expect(wholeDays.precision).toBeGreaterThan(0.6);
    expect([hours.byChance.toFixed(2), wholeDays.byChance.toFixed(2)]).toEqual(["0.14", "0.17"]);
  });

  it("mad and zscore find fewer labels in hours, whose rhythm hides them", () => {
    for (const method of ["mad", "zscore"]) expect(measure("1h", { method }).found).toBeLessThan(3);
  });

  const rows = readGuide().find(({ columns }) => columns.includes("precision"))?.rows ?? [];

  it("the guide says how many", () => expect(rows.length).toBeGreaterThan(5));

  it.each(rows)("$bucket $options: as the guide says", (row) => {
    const options = JSON.parse((row.options as string).replaceAll("`", ""));
    const { anomalies, precision, found } = measure(row.bucket as keyof typeof SERIES, options);
    expect([anomalies, precision.toFixed(2), found]).toEqual([
      Number(row["anomalous buckets"]),
      row.precision,
      Number(row.found?.replace(" of 5", "")),
    ]);
  });
});
