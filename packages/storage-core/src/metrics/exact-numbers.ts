/**
 * Numbers as whole multiples of one unit, `1 / denominator`. Their sums lose nothing, so it does not matter in which order they
 * are added, and a sliding sum may subtract what leaves it.
 */
export interface ScaledNumbers {
  readonly integers: readonly (bigint | null)[];
  readonly denominator: bigint;
}

/** Values that are absent stay `null`. @param values finite */
export function scaleDoubles(values: readonly (number | null)[]): ScaledNumbers {
  const parts = values.map((value) => (value === null ? null : splitDouble(value)));
  const digits = parts.reduce((most, part) => Math.max(most, -(part?.exponent ?? 0)), 0);
  return {
    integers: parts.map((part) => part && BigInt(part.integer) << BigInt(part.exponent + digits)),
    denominator: 1n << BigInt(digits),
  };
}

const double = new Float64Array(1);
/** Little-endian on every platform that Node.js has; the low half comes first. */
const halves = new Uint32Array(double.buffer);

/** `value` as `integer * 2 ** exponent`, with an odd integer unless it is 0. */
function splitDouble(value: number): { readonly integer: number; readonly exponent: number } {
  if (value === 0) return { integer: 0, exponent: 0 };
  double[0] = value;
  const low = halves[0] as number;
  const high = halves[1] as number;
  const biased = (high >>> 20) & 0x7ff;
  const highDigits = (high & 0xfffff) | (biased === 0 ? 0 : 0x100000);
  const zeros = low === 0 ? 32 + trailingZeros(highDigits) : trailingZeros(low);
  const integer = (highDigits * 2 ** 32 + low) / 2 ** zeros;
  return { integer: value < 0 ? -integer : integer, exponent: Math.max(biased, 1) - 1075 + zeros };
}

function trailingZeros(digits: number): number {
  return 31 - Math.clz32(digits & -digits);
}

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
/** Enough of a quotient that the bits which are left out decide nothing but a tie. */
const QUOTIENT_BITS = 66;

/** The double nearest to a fraction; infinite where there is none. @param denominator not 0 */
export function ratioToNumber(numerator: bigint, denominator: bigint): number {
  if (denominator < 0n) return ratioToNumber(-numerator, -denominator);
  if (numerator < 0n) return -ratioToNumber(-numerator, denominator);
  if (numerator <= MAX_SAFE && denominator <= MAX_SAFE) return Number(numerator) / Number(denominator);
  const shift = QUOTIENT_BITS - (bits(numerator) - bits(denominator));
  const dividend = shift > 0 ? numerator << BigInt(shift) : numerator;
  const divisor = shift > 0 ? denominator : denominator << BigInt(-shift);
  const quotient = dividend / divisor;
  // A last bit that stands for all that follow keeps a quotient beyond the middle of two doubles from counting as the middle.
  const rounded = Number(quotient * divisor === dividend ? quotient : quotient | 1n);
  // In two steps, since 2 ** shift may be no double where the result is one.
  const half = Math.trunc(-shift / 2);
  return rounded * 2 ** half * 2 ** (-shift - half);
}

/** At most three more than there are. */
function bits(integer: bigint): number {
  return integer.toString(16).length * 4;
}
