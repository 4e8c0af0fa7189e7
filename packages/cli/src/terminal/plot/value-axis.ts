/** The range of a vertical axis and the values that are marked on it. */
export interface ValueAxis {
  readonly low: number;
  readonly high: number;
  /** Lowest first; `low` and `high` are among them. */
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
}

const STEPS = [1, 2, 2.5, 5, 10];
const UNITS: readonly (readonly [size: number, suffix: string])[] = [
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
];
/** Beyond this, and below its inverse, sums and steps would leave what a number can hold. */
const HUGE = 1e300;
/** Numbers up to here are written out. */
const PLAIN_BELOW = 10_000;

/**
 * Round values around the data.
 * @param fromZero whether the axis starts at zero however far from it the values are
 * @param most how many ticks there is room for, at least 2
 * @param suffix behind each number
 */
export function valueAxis(values: readonly number[], fromZero: boolean, most: number, suffix = ""): ValueAxis {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    const bounded = Math.max(-HUGE, Math.min(HUGE, value));
    min = Math.min(min, bounded);
    max = Math.max(max, bounded);
  }
  // Zero is part of the picture, unless the values are all about the same and far away from it.
  if (fromZero || (min > 0 && min < max / 2) || min === max) min = Math.min(0, min);
  if (fromZero || (max < 0 && max > min / 2)) max = Math.max(0, max);
  if (min === max) max = min + 1;
  const step = roundStep(Math.max((max - min) / Math.max(1, most - 1), 1 / HUGE));
  const first = Math.floor(min / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(max / step - 1e-9));
  const format = labeller(step, Math.max(Math.abs(first * step), Math.abs(last * step)));
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => {
    const value = (first + i) * step;
    return { value, label: `${format(value)}${suffix}` };
  });
  return { low: first * step, high: last * step, ticks };
}

function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return (STEPS.find((step) => step * power >= least * (1 - 1e-9)) ?? 10) * power;
}

/** All labels of an axis have the same unit and number of decimals. */
function labeller(step: number, largest: number): (value: number) => string {
  if (largest >= 1e15 || (step < 1e-6 && largest < 1)) {
    return (value) => (value === 0 ? "0" : value.toExponential(1));
  }
  const [size, suffix] = (largest >= PLAIN_BELOW ? UNITS.find(([unit]) => largest >= unit) : undefined) ?? [1, ""];
  const scaled = step / size;
  let decimals = 0;
  while (decimals < 8 && Math.abs(scaled * 10 ** decimals - Math.round(scaled * 10 ** decimals)) > 1e-6) decimals++;
  return (value) => (value === 0 ? "0" : `${(value / size).toFixed(decimals)}${suffix}`);
}
