import { type ScaledNumbers, scaleDoubles } from "../exact-numbers.js";

/** The value of one bucket, and what it was computed from. */
export interface WindowValue {
  /** Finite. */
  readonly value: number;
  /** `value` times `10 ** decimals`; required where {@link WindowGrid.decimals} is given. */
  readonly exact?: bigint;
  /** Of the samples; 0 for a bucket that was filled. */
  readonly sum: number;
  /** Number of samples; 0 for a bucket that was filled. */
  readonly samples: number;
}

/** One series on the grid that all series of a query share. */
export interface WindowSeries {
  /** One member for each dimension of `groupBy`. */
  readonly key: readonly (string | null)[];
  /** One for each consecutive bucket, after `fill` was applied; `null` for an empty one. */
  readonly values: readonly (WindowValue | null)[];
}

/** What the values of a grid are. */
export interface WindowGrid {
  /** Number of buckets before the range: functions look back to them, and there are no results for them. */
  readonly rangeStart: number;
  /** Decimals of {@link WindowValue.exact}. Without it, results come from `value`, exactly as these doubles are. */
  readonly decimals?: number | undefined;
  /** For the aggregate `avg`: `movingAvg` divides sums by numbers of samples, so that it is the average of the samples. */
  readonly weighted: boolean;
}

/** Values as integers: by their decimals, or else as the doubles are. */
export function scale(values: readonly (WindowValue | null)[], { decimals }: WindowGrid): ScaledNumbers {
  if (decimals === undefined) return scaleDoubles(values.map((value) => value?.value ?? null));
  return { integers: values.map((value) => value && exactOf(value)), denominator: 10n ** BigInt(decimals) };
}

function exactOf({ exact }: WindowValue): bigint {
  if (exact === undefined) throw new TypeError("a value of a metric with decimals has no exact value");
  return exact;
}
