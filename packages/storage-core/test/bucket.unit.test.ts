import { describe, expect, it } from "vitest";
import { type Bucket, parseBucket } from "../src/time/bucket.js";

const HOUR = 3_600_000;
const start = (bucket: Bucket, at: string) => new Date(parseBucket(bucket).startOf(Date.parse(at))).toISOString();

describe("parseBucket", () => {
  it.each([
    [{ every: "5m" }, "2026-03-01T10:07:59.999Z", "2026-03-01T10:05:00.000Z"],
    [{ every: "1h" }, "1969-12-31T23:59:59.999Z", "1969-12-31T23:00:00.000Z"],
    [{ every: "1d" }, "2024-02-29T23:59:59.999Z", "2024-02-29T00:00:00.000Z"],
    [{ every: "1w" }, "2026-03-01T12:00:00.000Z", "2026-02-23T00:00:00.000Z"],
    [{ every: "1mo" }, "2024-02-29T12:00:00.000Z", "2024-02-01T00:00:00.000Z"],
    [{ every: "1d", timeZone: "Europe/Berlin" }, "2026-03-29T12:00:00.000Z", "2026-03-28T23:00:00.000Z"],
    [{ every: "1d", timeZone: "Europe/Berlin" }, "2026-03-29T22:00:00.000Z", "2026-03-29T22:00:00.000Z"],
    [{ every: "1h", timeZone: "Asia/Kolkata" }, "2026-01-01T00:10:00.000Z", "2025-12-31T23:30:00.000Z"],
    [{ every: "1w", timeZone: "America/New_York" }, "2026-03-08T12:00:00.000Z", "2026-03-02T05:00:00.000Z"],
    [{ every: "1mo", timeZone: "Pacific/Auckland" }, "2026-04-10T00:00:00.000Z", "2026-03-31T11:00:00.000Z"],
    [{ every: "1mo" }, "0042-03-15T12:00:00.000Z", "0042-03-01T00:00:00.000Z"],
    [{ every: "1h", timeZone: "America/St_Johns" }, "2010-11-07T02:45:00.000Z", "2010-11-07T02:30:00.000Z"],
    [{ every: "1d", timeZone: "America/St_Johns" }, "2010-11-07T02:45:00.000Z", "2010-11-07T02:30:00.000Z"],
    [{ every: "1d", timeZone: "America/Sao_Paulo" }, "2018-11-04T12:00:00.000Z", "2018-11-04T03:00:00.000Z"],
  ])("%j of %s starts at %s", (bucket, at, expected) => expect(start(bucket, at)).toBe(expected));

  it("covers a day with a clock change without gap or overlap", () => {
    const bucket = parseBucket({ every: "6h", timeZone: "Europe/Berlin" });
    const day = Date.parse("2026-10-24T22:00:00Z");
    const starts = [];
    for (let at = day; at < day + 25 * HOUR; at = bucket.next(at)) {
      expect(bucket.startOf(at)).toBe(at);
      expect(bucket.startOf(bucket.next(at) - 1)).toBe(at);
      starts.push((at - day) / HOUR);
    }
    expect(starts).toEqual([0, 6, 12, 18, 24]);
  });

  it("remembers few midnights and few zones, which changes no answer", () => {
    const zones = Intl.supportedValuesOf("timeZone").slice(0, 40);
    const startsOf = (timeZone: string) => {
      const { startOf } = parseBucket({ every: "1d", timeZone });
      return Array.from({ length: 30 }, (_, n) => startOf(Date.UTC(2026, n, 1)));
    };
    const before = zones.map(startsOf);
    expect(zones.map(startsOf)).toEqual(before);
    const { startOf, next } = parseBucket({ every: "1d", timeZone: "Europe/Berlin" });
    const first = startOf(Date.UTC(2026, 5, 1));
    let day = first;
    for (let n = 0; n < 11_000; n++) day = next(day);
    expect(new Date(day).toISOString()).toBe("2056-07-12T22:00:00.000Z");
    expect(next(startOf(first - 1))).toBe(first);
  });

  it("a date that the time zone left out has no bucket", () => {
    const { next } = parseBucket({ every: "1d", timeZone: "Pacific/Apia" });
    const starts = ["2011-12-29T10:00:00.000Z", "2011-12-30T10:00:00.000Z", "2011-12-31T10:00:00.000Z"];
    expect(new Date(next(Date.parse(starts[0] as string))).toISOString()).toBe(starts[1]);
    expect(new Date(next(Date.parse(starts[1] as string))).toISOString()).toBe(starts[2]);
    expect(start({ every: "1d", timeZone: "Pacific/Apia" }, "2011-12-30T09:59:59.999Z")).toBe(starts[0]);
  });

  it.each(["7m", "0s", "25h", "2d", "1y", "", "h", 5, undefined])("refuses every: %j", (every) => {
    expect(() => parseBucket({ every } as Bucket)).toThrow(/divides a day/);
  });

  it("refuses an unknown time zone and an unknown key", () => {
    expect(() => parseBucket({ every: "1h", timeZone: "Mars/Olympus" })).toThrow(/IANA/);
    expect(() => parseBucket({ every: "1h", tz: "UTC" } as Bucket)).toThrow(/unknown key "tz"/);
  });
});
