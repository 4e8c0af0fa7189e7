import { invalidArgument } from "../errors.js";
import { didYouMean } from "../support/suggest.js";

const TIME_IN_NS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  ms: 1e6,
  s: 1e9,
  min: 60e9,
  h: 3_600e9,
  d: 86_400e9,
};

const SIZE_IN_BYTES: Readonly<Record<string, number>> = {
  bytes: 1,
  By: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** What values are multiplied with and then divided by: both are whole, so that 9 ms are 0.009 s and not 9 * 0.001. */
export interface UnitConversion {
  readonly multiply: number;
  readonly divide: number;
}

/** Leaves values as they are. */
export const SAME_UNIT: UnitConversion = { multiply: 1, divide: 1 };

/**
 * How values in one unit become values in another. Every unit can be converted to itself, units of time and of bytes also to each
 * other.
 * @param from as the metric declares it; `undefined` where it declares none
 * @param to the unit that is asked for
 * @param option path of `to`, for errors
 * @throws `invalid_argument`
 */
export function unitConversion(from: string | undefined, to: string, option: string): UnitConversion {
  if (from === to) return SAME_UNIT;
  if (from === undefined) {
    throw invalidArgument(
      option,
      `is ${JSON.stringify(to)}, but the metric declares no unit that could be converted`,
      "Leave {option} out, or declare the metric with a unit.",
    );
  }
  const units = [TIME_IN_NS, SIZE_IN_BYTES].find((quantity) => Object.hasOwn(quantity, from)) ?? { [from]: 1 };
  if (!Object.hasOwn(units, to)) {
    const known = Object.keys(units);
    throw invalidArgument(
      option,
      `must be a unit that ${JSON.stringify(from)} can be converted to, got ${JSON.stringify(to)}`,
      `${didYouMean(to, known).trim()} Known: ${known.join(", ")}.`.trim(),
    );
  }
  const multiply = units[from] as number;
  const divide = units[to] as number;
  const common = greatestCommonDivisor(multiply, divide);
  return { multiply: multiply / common, divide: divide / common };
}

/** A value in the other unit. */
export function convertUnit(value: number, { multiply, divide }: UnitConversion): number {
  return (value * multiply) / divide;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
