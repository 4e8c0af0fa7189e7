import { describe, expect, it } from "vitest";
import { fromTimestamp, toTimestamp } from "../../src/sql/timestamps.js";

describe("a time that the server prints", () => {
  it.each([
    ["2026-01-31 08:05:09+00", "2026-01-31T08:05:09.000Z"],
    ["2026-01-31 08:05:09.2+00", "2026-01-31T08:05:09.200Z"],
    ["2026-01-31 08:05:09.25+00", "2026-01-31T08:05:09.250Z"],
    ["2026-01-31 08:05:09.257+00", "2026-01-31T08:05:09.257Z"],
    ["2026-01-31 08:05:09.257999+00", "2026-01-31T08:05:09.257Z"],
    ["2026-01-31 23:59:59.999+00", "2026-01-31T23:59:59.999Z"],
    ["2026-02-01 00:00:00+00", "2026-02-01T00:00:00.000Z"],
    ["1969-12-31 23:59:59.999+00", "1969-12-31T23:59:59.999Z"],
    ["2024-02-29 12:00:00.001+00", "2024-02-29T12:00:00.001Z"],
    ["0001-01-01 00:00:00+00", "0001-01-01T00:00:00.000Z"],
    ["0099-06-15 10:20:30.456+00", "0099-06-15T10:20:30.456Z"],
    ["9999-12-31 23:59:59.999+00", "9999-12-31T23:59:59.999Z"],
    ["2026-01-31 08:05:09.25+02", "2026-01-31T06:05:09.250Z"],
  ])("%s", (text, iso) => {
    expect(toTimestamp(fromTimestamp(text))).toBe(iso);
    // Once more, behind another text of the same day.
    expect(toTimestamp(fromTimestamp(text))).toBe(iso);
  });

  it("of the same day in another form is not taken for one of it", () => {
    expect(fromTimestamp("2026-01-31 08:05:09+00")).toBe(Date.UTC(2026, 0, 31, 8, 5, 9));
    expect(fromTimestamp("2026-01-31 08:05:09+02")).toBe(Date.UTC(2026, 0, 31, 6, 5, 9));
    expect(() => fromTimestamp("31/01/2026 08:05:09 UTC")).toThrow(RangeError);
  });
});
