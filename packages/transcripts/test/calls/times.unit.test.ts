import type { JsonValue } from "@agent-assembly/storage-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readTime } from "../../src/calls/times.js";

const read = (value: JsonValue, zone = "UTC"): string | undefined => {
  const time = readTime(value, zone);
  return time === undefined ? undefined : `${new Date(time.ms).toISOString()}${time.zoned ? "" : " assumed"}`;
};

describe("times", () => {
  test.each([
    ["2026-11-05T14:30:00Z", "2026-11-05T14:30:00.000Z"],
    ["2026-11-05t14:30:00.9999z", "2026-11-05T14:30:00.999Z"],
    ["2026-11-05T14:30:00+02:00", "2026-11-05T12:30:00.000Z"],
    ["2026-11-05T14:30:00-0330", "2026-11-05T18:00:00.000Z"],
    ["2026-11-05 14:30:00+00", "2026-11-05T14:30:00.000Z"],
    ["2026-11-05 14:30:00 UTC", "2026-11-05T14:30:00.000Z"],
    ["2026-11-05T14:30", "2026-11-05T14:30:00.000Z assumed"],
    ["2026-11-05", "2026-11-05T00:00:00.000Z assumed"],
    ["2026-11-05 14:30:00,5", "2026-11-05T14:30:00.500Z assumed"],
    ["Thu, 05 Nov 2026 14:30:00 GMT", "2026-11-05T14:30:00.000Z"],
    ["5 Nov 2026 14:30 -0500", "2026-11-05T19:30:00.000Z"],
    ["2026-11-05T24:00:00Z", "2026-11-06T00:00:00.000Z"],
    ["2026-12-31T23:59:60Z", "2027-01-01T00:00:00.000Z"],
    ["20261105T143000.5Z", "2026-11-05T14:30:00.500Z"],
    ["2026-11-05T14Z", "2026-11-05T14:00:00.000Z"],
    ["2026-11-05T14:30:00\u221205:00", "2026-11-05T19:30:00.000Z"],
    [{ $date: "2026-11-05T14:30:00Z" }, "2026-11-05T14:30:00.000Z"],
    [{ $date: { $numberLong: "1793889000123" } }, "2026-11-05T14:30:00.123Z"],
    [1793889000, "2026-11-05T14:30:00.000Z"],
    [1793889000.29, "2026-11-05T14:30:00.290Z"],
    [1793889000123, "2026-11-05T14:30:00.123Z"],
    [1793889000123456, "2026-11-05T14:30:00.123Z"],
    [1793889000123456800, "2026-11-05T14:30:00.123Z"],
    ["1793889000.123456", "2026-11-05T14:30:00.123Z"],
    ["1793889000123999999", "2026-11-05T14:30:00.123Z"],
  ])("%s", (value, expected) => {
    expect(read(value)).toBe(expected);
  });

  test.each([
    "",
    "now",
    "2026",
    2026,
    0,
    -1,
    1e21,
    Number.NaN,
    "2026-02-30T00:00:00Z",
    "2026-13-01",
    "2026-11-05T25:00:00Z",
    "05/11/2026",
    "30 Feb 2026 10:00",
  ])("%j is none", (value) => {
    expect(read(value)).toBeUndefined();
  });

  test("a zone applies to times without one, also where clocks are changed", () => {
    expect(read("2026-07-05 14:30:00", "Europe/Berlin")).toBe("2026-07-05T12:30:00.000Z assumed");
    expect(read("2026-03-29T02:30:00", "Europe/Berlin")).toBe("2026-03-29T01:30:00.000Z assumed");
    expect(read("2026-10-25T02:30:00", "Europe/Berlin")).toBe("2026-10-25T00:30:00.000Z assumed");
    expect(read("2026-07-05T14:30:00Z", "Europe/Berlin")).toBe("2026-07-05T14:30:00.000Z");
  });

  test("each way to write an instant gives the same one", () => {
    const instants = fc.integer({ min: Date.UTC(2001, 9, 9), max: Date.UTC(2200, 0, 1) });
    fc.assert(
      fc.property(instants, (ms) => {
        const iso = new Date(ms).toISOString();
        for (const same of [
          iso,
          iso.replace("T", " "),
          ms,
          String(ms),
          `${ms}000`,
          `${ms}999999`,
          `${(ms - (ms % 1000)) / 1000}.${String(ms % 1000).padStart(3, "0")}`,
        ]) {
          expect(readTime(same, "UTC")?.ms).toBe(ms);
        }
      }),
    );
  });
});
