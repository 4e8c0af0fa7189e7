/** Digits of a double that are the same in every representation of a decimal; what lies behind them is noise of binary arithmetic. */
const SIGNIFICANT_DIGITS = 15;

/**
 * A double as an exact amount, read at 15 significant digits, as PostgreSQL casts a double to numeric.
 * @param value finite
 * @returns the amount times `10 ** decimals`; `undefined` when it has more digits after the point than that
 */
export function toExact(value: number, decimals: number): bigint | undefined {
  const [mantissa, exponent] = value.toExponential(SIGNIFICANT_DIGITS - 1).split("e") as [string, string];
  const digits = BigInt(mantissa.replace(".", ""));
  const shift = Number(exponent) - (SIGNIFICANT_DIGITS - 1) + decimals;
  if (shift >= 0) return digits * 10n ** BigInt(shift);
  // Further than there are digits.
  if (shift < -SIGNIFICANT_DIGITS) return digits === 0n ? 0n : undefined;
  const divisor = 10n ** BigInt(-shift);
  return digits % divisor === 0n ? digits / divisor : undefined;
}

/** What a few operations on doubles leave behind, relative to their result. */
const NOISE = 2 ** -50;

/**
 * Reads a double as an exact amount. The noise of binary arithmetic is not part of it: `0.1 + 0.2` is 0.3.
 * @param value finite
 * @returns the amount times `10 ** decimals`, or what the value has too many of for one: digits after the point, or digits in all,
 *   where 15 do not reach to the last decimal
 */
export function readAmount(value: number, decimals: number): bigint | "decimals" | "digits" {
  const exact = toExact(value, decimals);
  if (exact === undefined) return "decimals";
  const difference = Math.abs(exactToNumber(exact, decimals) - value);
  if (Math.abs(value) * 10 ** decimals >= 10 ** SIGNIFICANT_DIGITS) return difference === 0 ? exact : "digits";
  return difference <= Math.abs(value) * NOISE ? exact : "decimals";
}

/** All digits of an exact amount, such as `-0.05`. @param exact the amount times `10 ** decimals` */
export function exactToText(exact: bigint, decimals: number): string {
  if (decimals === 0) return String(exact);
  const digits = String(exact < 0n ? -exact : exact).padStart(decimals + 1, "0");
  return `${exact < 0n ? "-" : ""}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/** The double nearest to an exact amount. @param exact the amount times `10 ** decimals` */
export function exactToNumber(exact: bigint, decimals: number): number {
  const units = Number(exact);
  // A quotient of two doubles that are exact is rounded once.
  return Number.isSafeInteger(units) ? units / 10 ** decimals : Number(exactToText(exact, decimals));
}

/** Below it a double and its product with a power of ten are less than half a unit apart from the whole number they stand for. */
const EXACT_PRODUCT = 2 ** 51;

/** What {@link toExact} gives for an amount that is known to have no more decimals, in a fraction of the time. */
export function amountToExact(value: number, decimals: number): bigint {
  const scaled = Math.round(value * 10 ** decimals);
  return Math.abs(scaled) < EXACT_PRODUCT ? BigInt(scaled) : (toExact(value, decimals) as bigint);
}
