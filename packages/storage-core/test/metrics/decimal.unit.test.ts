import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { amountToExact, exactToNumber, exactToText, readAmount, toExact } from "../../src/metrics/decimal.js";

describe("toExact", () => {
  it.each([
    [0.1, 2, 10n],
    [0, 0, 0n],
    [-0, 3, 0n],
    [-1.25, 2, -125n],
    [0.1 + 0.2, 2, 30n],
    [1e20, 2, 10n ** 22n],
    [1e-6, 6, 1n],
    [999_999_999_999.999, 3, 999_999_999_999_999n],
    [1.005, 3, 1005n],
  ])("reads %d with %d decimals as %d", (value, decimals, exact) => expect(toExact(value, decimals)).toBe(exact));

  it.each([
    [0.123, 2],
    [1e-7, 6],
    [5e-324, 12],
    [1 / 3, 12],
  ])("does not round %d to %d decimals", (value, decimals) => expect(toExact(value, decimals)).toBeUndefined());

  it("is undone by exactToNumber for amounts of up to 15 digits", () => {
    fc.assert(
      fc.property(
        fc.bigInt(-(10n ** 15n) + 1n, 10n ** 15n - 1n),
        fc.integer({ min: 0, max: 12 }),
        (exact, decimals) => {
          expect(toExact(exactToNumber(exact, decimals), decimals)).toBe(exact);
          expect(amountToExact(exactToNumber(exact, decimals), decimals)).toBe(exact);
        },
      ),
    );
  });
});

describe("readAmount", () => {
  it.each([
    [0.1 + 0.2, 2, 30n],
    [1.1 * 3, 2, 330n],
    [1e20, 2, 10n ** 22n],
    [999_999_999_999.99, 2, 99_999_999_999_999n],
    [0.125, 2, "decimals"],
    [1_234_567_890_123.456, 2, "decimals"],
    [2 ** 53 - 1, 0, "digits"],
    [12_345_678_901_234.56, 2, "digits"],
  ] as const)("reads %d with %d decimals as %s", (value, decimals, amount) =>
    expect(readAmount(value, decimals)).toBe(amount),
  );
});

describe("exactToText", () => {
  it.each([
    [0n, 2, "0.00"],
    [5n, 2, "0.05"],
    [-5n, 2, "-0.05"],
    [100_000_000n, 2, "1000000.00"],
    [-12n, 0, "-12"],
    [123_456_789_012_345_678_901n, 2, "1234567890123456789.01"],
  ])("writes %d with %d decimals as %s", (exact, decimals, text) => expect(exactToText(exact, decimals)).toBe(text));
});
