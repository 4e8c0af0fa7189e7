import { describe, expect, it } from "vitest";
import {
  axisTime,
  bytes,
  count,
  delay,
  duration,
  fullTime,
  measure,
  percent,
  plural,
  relative,
  rowTime,
} from "../../src/text/format.js";

const MINUTE = 60_000;
const AT = Date.UTC(2026, 10, 30, 19, 41, 2, 123);

describe("numbers and times", () => {
  it.each([
    [0, "0 ms"],
    [850, "850 ms"],
    [1900, "1.9 s"],
    [59_600, "1 min"],
    [77 * 1000, "1 min 17 s"],
    [74 * MINUTE, "1 h 14 min"],
    [50 * 60 * MINUTE, "2 d 2 h"],
  ])("%i ms are %j", (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it("a delay takes few characters", () => {
    expect([45_000, 22 * MINUTE, 180 * MINUTE].map(delay)).toEqual(["+45s", "+22m", "+3h"]);
  });

  it("a moment is told by its distance", () => {
    expect(relative(AT - 3 * MINUTE, AT)).toBe("3 min ago");
    expect(relative(AT + 2 * 60 * MINUTE, AT)).toBe("in 2 h");
    expect(relative(AT, AT)).toBe("now");
  });

  it("UTC is marked, and a row shows the date only of other days", () => {
    expect(fullTime(AT, "utc")).toBe("2026-11-30 19:41:02.123Z");
    expect(rowTime(AT, "utc", AT + MINUTE)).toBe("19:41:02.123");
    expect(rowTime(AT, "utc", AT + 24 * 60 * MINUTE)).toBe("11-30 19:41:02");
    expect(axisTime(AT, "utc", 5 * MINUTE)).toBe("19:41:02");
    expect(axisTime(AT, "utc", 60 * MINUTE)).toBe("19:41");
  });

  it("sizes and shares have few digits", () => {
    expect([bytes(0), bytes(1023), bytes(1536), bytes(448_983)]).toEqual(["0 B", "1023 B", "1.5 KB", "438 KB"]);
    expect([measure(0), measure(0.00012), measure(1234), measure(45_600)]).toEqual(["0", "0.00012", "1234", "45.6k"]);
    expect([percent(0), percent(0.004), percent(0.126)]).toEqual(["0%", "0.4%", "13%"]);
    expect([plural(1, "event"), plural(1341, "event")]).toEqual(["1 event", "1,341 events"]);
    expect([0, 999, 1000, 123_456, 12_345_678].map(count)).toEqual(["0", "999", "1,000", "123,456", "12,345,678"]);
  });
});
