import { type ParsedMetricQuery, parseBucket } from "@agent-assembly/storage-core/backend";
import { describe, expect, it } from "vitest";
import { splitTime, type TimeRange, type TotalsLevel, type TotalsSegment } from "../../src/metrics/segments.js";
import { zoneUnits } from "../../src/metrics/zone-units.js";
import { Random } from "../support/random.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const YEAR = { from: Date.UTC(2026, 0, 1), to: Date.UTC(2027, 0, 1) };

function queryOf(range: TimeRange, bucket?: { readonly every: string; readonly timeZone?: string }): ParsedMetricQuery {
  return {
    metric: "m",
    agentIds: undefined,
    teamIds: undefined,
    labels: {},
    ...range,
    bucket: bucket && parseBucket(bucket),
    aggregate: "sum",
    groupBy: [],
    keys: undefined,
    decimals: undefined,
  };
}

function splitOf(query: ParsedMetricQuery) {
  const { bucket, from, to } = query;
  const units = bucket === undefined || bucket.timeZone === "UTC" ? undefined : zoneUnits(bucket, from, to);
  return { range: { from, to: units?.to ?? to }, split: splitTime(query, { from, to: units?.to ?? to }, units) };
}

/** The times that totals of a segment are kept of. */
function* timesOf({ level, from, to, except, only }: TotalsSegment): Iterable<TimeRange> {
  const next: Readonly<Record<TotalsLevel, (ms: number) => number>> = {
    hour: (ms) => ms + HOUR,
    day: (ms) => ms + DAY,
    month: (ms) => Date.UTC(new Date(ms).getUTCFullYear(), new Date(ms).getUTCMonth() + 1),
  };
  for (let at = from; at < to; at = next[level](at)) {
    if (except?.includes(at) === true || only?.includes(Math.floor(at / DAY) * DAY) === false) continue;
    yield { from: at, to: next[level](at) };
  }
}

describe("splitTime", () => {
  it("covers a range once, with times that lie in one bucket each", () => {
    const random = new Random("segments");
    const zones = ["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia", "Asia/Kolkata"];
    const wrong: unknown[] = [];
    let listed = 0;
    for (let i = 0; i < 400; i++) {
      const from = YEAR.from + random.below(YEAR.to - YEAR.from);
      const round = random.of([1, HOUR, DAY]);
      const range = { from: Math.floor(from / round) * round, to: 0 };
      range.to = range.from + round * (1 + random.below(Math.ceil((random.of([2, 40, 400]) * DAY) / round)));
      const every = random.of(["1h", "90m", "2h", "6h", "1d", "1w", "1mo"]);
      const bucket = random.below(5) === 0 ? undefined : { every, timeZone: random.of(zones) };
      const query = queryOf(range, bucket);
      const { range: piece, split } = splitOf(query);
      const parts = [...split.samples];
      for (const segment of split.segments) {
        for (const time of timesOf(segment)) {
          if (split.split === "many" || split.split.includes(time.from)) continue;
          if (query.bucket?.startOf(time.from) !== query.bucket?.startOf(time.to - 1)) wrong.push([query, time]);
          parts.push(time);
        }
      }
      if (split.split === "many") continue;
      for (const hour of split.split) {
        listed++;
        if (query.bucket?.startOf(hour) === query.bucket?.startOf(hour + HOUR - 1)) wrong.push([query, hour]);
        parts.push({ from: hour, to: hour + HOUR });
      }
      parts.sort((a, b) => a.from - b.from);
      let at = piece.from;
      for (const part of parts) {
        if (part.from !== at) wrong.push([query, part]);
        at = part.to;
      }
      if (at !== piece.to) wrong.push([query, at]);
    }
    expect(wrong).toEqual([]);
    expect(listed).toBeGreaterThan(100);
  });

  it.each([
    [undefined, [["month", 12]]],
    [{ every: "1mo" }, [["month", 12]]],
    [{ every: "1w" }, [["day", 365]]],
    [{ every: "1h" }, [["hour", 8760]]],
    [{ every: "1h", timeZone: "Europe/Berlin" }, [["hour", 8760]]],
  ] as const)("takes the longest times that fit: a year of %j", (bucket, expected) => {
    const { split } = splitOf(queryOf(YEAR, bucket));
    expect(split.samples).toEqual([]);
    expect(split.segments.map((segment) => [segment.level, [...timesOf(segment)].length])).toEqual(expected);
  });

  it("takes days, and hours where they meet, for months of a time zone", () => {
    const { split } = splitOf(queryOf(YEAR, { every: "1mo", timeZone: "Europe/Berlin" }));
    const times = split.segments.flatMap((segment) => [...timesOf(segment)].map(() => segment.level));
    expect(times.filter((level) => level === "day").length).toBe(365 - 12);
    expect(times.filter((level) => level === "hour").length).toBe(12 * 24);
    expect(split.segments.length).toBe(2);
  });

  it("lists the split hours of half-hour zones, and goes through all samples where there are many", () => {
    expect(splitOf(queryOf(YEAR, { every: "1d", timeZone: "Asia/Kathmandu" })).split.split).toHaveLength(365);
    expect(splitOf(queryOf(YEAR, { every: "2h", timeZone: "Asia/Kathmandu" })).split.split).toBe("many");
    expect(splitOf(queryOf(YEAR, { every: "90m" })).split.split).toBe("many");
    expect(splitOf(queryOf(YEAR, { every: "30m" })).split).toMatchObject({ samples: [YEAR], hours: undefined });
    expect(splitOf({ ...queryOf(YEAR), aggregate: "p50" }).split).toMatchObject({ samples: [YEAR], hours: undefined });
  });
});
