import type { MetricDimension } from "./dimension.js";

/** The functions of a {@link MetricWindow}. */
export const WINDOW_FUNCTIONS = [
  "movingAvg",
  "movingSum",
  "movingMin",
  "movingMax",
  "cumulativeSum",
  "lag",
  "delta",
  "percentChange",
  "rank",
  "shareOfTotal",
] as const;

/** One of {@link WINDOW_FUNCTIONS}. */
export type WindowFunction = (typeof WINDOW_FUNCTIONS)[number];

/** A function over the buckets of a series, or over the series of a bucket. */
export interface MetricWindow {
  readonly function: WindowFunction;
  /**
   * In buckets, from 1 to the number of buckets of the range. Of `movingAvg`, `movingSum`, `movingMin` and `movingMax` the buckets
   * of the window, its own included (no default); of `lag`, `delta` and `percentChange` how far back to look (default 1).
   */
  readonly size?: number | undefined;
  /**
   * For `rank` and `shareOfTotal`, what a value is compared with: `"series"` for the other buckets of its series; a list for the
   * series of its bucket that agree in these dimensions of `groupBy`, so that `[]` means all of them. Default `[]`, and `"series"`
   * for a query that groups by nothing.
   */
  readonly partition?: "series" | readonly MetricDimension[] | undefined;
}
