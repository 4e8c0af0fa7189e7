import { describe, expect, it } from "vitest";
import { parseBucket } from "../src/time/bucket.js";
import { bucketsBefore, daysBefore } from "../src/time/buckets-before.js";
import { localTimes } from "../src/time/local-time.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const iso = (ms: number) => new Date(ms).toISOString();

/** What the platform's calendar shows; slow, and the reference here. */
function shown(ms: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat("en", { timeZone, dateStyle: "short", timeStyle: "medium", hourCycle: "h23" });
  const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(2000 + year, month - 1, day, hour, minute, second);
}

describe("localTimes", () => {
  it.each([
    "UTC",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "Pacific/Apia",
  ])("shows each hour of 2011 to 2012 as a clock in %s does", (timeZone) => {
    const instants = Array.from({ length: 2 * 366 * 4 }, (_, i) => Date.UTC(2011, 0, 1) + i * 6 * HOUR);
    expect(localTimes(instants, timeZone)).toEqual(instants.map((ms) => shown(ms, timeZone)));
  });

  it("is right around each change of the clock, between neighbouring instants, far ones, and with few of them", () => {
    const change = Date.UTC(2026, 9, 25, 1);
    const instants = [change - 400 * DAY, change - 1, change, change + 1, change + 400 * DAY];
    for (let count = 0; count <= instants.length; count++) {
      const some = instants.slice(0, count);
      expect(localTimes(some, "Europe/Berlin").map((local, i) => (local - (some[i] as number)) / HOUR)).toEqual(
        [2, 2, 1, 1, 1].slice(0, count),
      );
    }
  });
});

describe("bucketsBefore and daysBefore", () => {
  it.each([
    [{ every: "1h" }, "2026-03-29T10:00:00.000Z", 24, "2026-03-28T10:00:00.000Z"],
    [{ every: "1h", timeZone: "Europe/Berlin" }, "2026-03-29T10:00:00.000Z", 24, "2026-03-28T10:00:00.000Z"],
    [{ every: "6h", timeZone: "Europe/Berlin" }, "2026-10-25T23:00:00.000Z", 2, "2026-10-25T16:00:00.000Z"],
    [{ every: "1d", timeZone: "Europe/Berlin" }, "2026-03-30T22:00:00.000Z", 3, "2026-03-27T23:00:00.000Z"],
    [{ every: "1mo" }, "2026-03-01T00:00:00.000Z", 3, "2025-12-01T00:00:00.000Z"],
    [{ every: "1w" }, "2026-03-02T00:00:00.000Z", 0, "2026-03-02T00:00:00.000Z"],
  ])("%j: from %s, %d buckets before", (bucket, start, count, expected) => {
    expect(iso(bucketsBefore(parseBucket(bucket), Date.parse(start), count))).toBe(expected);
  });

  it("days begin at local midnight", () => {
    const bucket = parseBucket({ every: "1h", timeZone: "Europe/Berlin" });
    expect(iso(daysBefore(bucket, Date.parse("2026-03-31T10:00:00Z"), 7))).toBe("2026-03-23T23:00:00.000Z");
  });
});
