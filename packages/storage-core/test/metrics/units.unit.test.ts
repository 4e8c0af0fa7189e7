import { describe, expect, it } from "vitest";
import { convertUnit, unitConversion } from "../../src/metrics/units.js";

const convert = (value: number, from: string, to: string) => convertUnit(value, unitConversion(from, to, "query.unit"));

describe("units", () => {
  it.each([
    [1500, "ms", "s", 1.5],
    [9, "ms", "s", 0.009],
    [2, "d", "h", 48],
    [90, "min", "h", 1.5],
    [1, "d", "ns", 86_400_000_000_000],
    [5, "us", "ns", 5000],
    [3, "bytes", "By", 3],
    [2, "GiB", "MiB", 2048],
    [1, "KiB", "kB", 1.024],
    [1, "TB", "TiB", 0.9094947017729282],
    [1_000_000, "By", "MB", 1],
    [42, "tokens", "tokens", 42],
    [0.1, "USD", "USD", 0.1],
  ])("%d %s in %s", (value, from, to, expected) => expect(convert(value, from, to)).toBe(expected));

  it.each([
    ["ms", "sec", /must be a unit that "ms" can be converted to, got "sec"\..*Known: ns, us, ms, s, min, h, d\./],
    ["bytes", "mb", /"bytes" can be converted to, got "mb"\. Did you mean "MB"\? Known: bytes, By, kB/],
    ["ms", "MB", /can be converted to, got "MB"/],
    ["tokens", "ktokens", /got "ktokens"\. Did you mean "tokens"\? Known: tokens\./],
    ["USD", "EUR", /"USD" can be converted to, got "EUR"\..* Known: USD\./],
    ["ms", "constructor", /got "constructor"/],
    ["constructor", "toString", /got "toString"/],
    [
      undefined,
      "s",
      /query\.unit is "s", but the metric declares no unit that could be converted\. Leave query\.unit out/,
    ],
  ])("refuses to convert %j to %j", (from, to, message) => {
    expect(() => unitConversion(from, to, "query.unit")).toThrow(message);
    expect(() => unitConversion(from, to, "query.unit")).toThrow(
      expect.objectContaining({ code: "invalid_argument", option: "query.unit" }),
    );
  });
});
