import { describe, expect, it } from "vitest";
import { isStorageError } from "../../src/errors.js";
import { baselineStart, parseAnomalyOptions } from "../../src/metrics/anomalies/parse-anomalies.js";
import { parseBucket } from "../../src/time/bucket.js";

const hours = parseBucket({ every: "1h", timeZone: "Europe/Berlin" });
const days = parseBucket({ every: "1d" });
const parse = (query: object, bucketing = hours) => parseAnomalyOptions(query, "query", bucketing);

describe("parseAnomalyOptions", () => {
  it.each([
    [{ method: "mad" }, { window: 24, season: undefined, threshold: 3.5, minSamples: 12 }],
    [{ method: "zscore" }, { window: 24, season: undefined, threshold: 3, minSamples: 12 }],
    [{ method: "seasonal" }, { window: 8, season: "week", threshold: 3.5, minSamples: 4 }],
    [
      { method: "seasonal", season: "day", window: 400 },
      { window: 400, season: "day", minSamples: 200 },
    ],
    [
      { method: "mad", window: 2 },
      { window: 2, minSamples: 2 },
    ],
    [
      { method: "mad", window: 3 },
      { window: 3, minSamples: 3 },
    ],
    [
      { method: "mad", window: 7 },
      { window: 7, minSamples: 4 },
    ],
    [
      { method: "zscore", window: 10_000, threshold: 1000, minSamples: 2 },
      { window: 10_000, threshold: 1000 },
    ],
  ])("%j", (query, expected) => expect(parse(query)).toMatchObject({ method: query.method, ...expected }));

  it.each([
    [{}, "query.method", /must be one of mad, zscore, seasonal; got nothing/],
    [{ method: "zscor" }, "query.method", /Did you mean "zscore"/],
    [{ method: "mad", window: 1 }, "query.window", /from 2 to 10000, got an integer/],
    [{ method: "mad", window: 10_001 }, "query.window", /from 2 to 10000/],
    [{ method: "seasonal", window: 401 }, "query.window", /from 2 to 400/],
    [{ method: "mad", window: Number.NaN }, "query.window", /got NaN/],
    [
      { method: "mad", season: "day" },
      "query.season",
      /does not apply to the method mad, got a string.*Leave query\.season out/,
    ],
    [{ method: "seasonal", season: "weak" }, "query.season", /must be one of day, week;.*Did you mean "week"/],
    [{ method: "mad", threshold: Number.NaN }, "query.threshold", /above 0 and at most 1000, got NaN/],
    [{ method: "mad", threshold: 0 }, "query.threshold", /got one outside/],
    [{ method: "mad", threshold: 1000.5 }, "query.threshold", /got one outside/],
    [{ method: "mad", threshold: Number.POSITIVE_INFINITY }, "query.threshold", /got an infinite number/],
    [{ method: "mad", threshold: "3" }, "query.threshold", /got a string of 1 character/],
    [{ method: "mad", minSamples: 1 }, "query.minSamples", /from 2 to 24/],
    [{ method: "seasonal", minSamples: 9 }, "query.minSamples", /from 2 to 8/],
  ])("refuses %j", (query, option, message) => {
    expect(() => parse(query)).toThrow(expect.objectContaining({ code: "invalid_argument", option }));
    expect(() => parse(query)).toThrow(message);
  });

  it("compares days with the same weekday only, and weeks and months with no season", () => {
    expect(parse({ method: "seasonal" }, days).season).toBe("week");
    const refusal = (every: string, season?: string) => {
      try {
        parse({ method: "seasonal", season }, parseBucket({ every }));
      } catch (error) {
        if (isStorageError(error, "invalid_argument")) return error;
      }
      throw new Error("was not refused");
    };
    expect(refusal("1d", "day").message).toMatch(/^query\.season must be "week" for buckets of a day.*method "mad"/);
    expect(refusal("1w").message).toMatch(
      /^query\.method cannot be seasonal for buckets of a week.*query\.bucket of a day/,
    );
    expect(refusal("1mo", "week").message).toMatch(/^query\.method cannot be seasonal for buckets of a month/);
  });
});

describe("baselineStart", () => {
  const start = Date.parse("2026-04-01T10:00:00Z");
  it.each([
    [{ method: "mad", window: 48 }, "2026-03-30T10:00:00.000Z"],
    [{ method: "seasonal", season: "day", window: 3 }, "2026-03-28T23:00:00.000Z"],
    [{ method: "seasonal", window: 2 }, "2026-03-17T23:00:00.000Z"],
  ])("%j needs the buckets since %s", (query, expected) => {
    expect(new Date(baselineStart(parse(query), hours, start)).toISOString()).toBe(expected);
  });
});
