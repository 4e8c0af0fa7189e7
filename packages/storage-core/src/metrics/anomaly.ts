import type { Bucket } from "../time/bucket.js";
import type { MetricDimension } from "./dimension.js";
import type { MetricAggregate, MetricFill, MetricSelection } from "./query.js";

/** What an {@link AnomalyQuery} compares a bucket with, its baseline. */
export const ANOMALY_METHODS = [
  /** Median and median absolute deviation of the buckets before it: one outlier among them changes little. */
  "mad",
  /** Mean and standard deviation of the buckets before it. */
  "zscore",
  /** As `mad`, but of the buckets at the same local time of the days or weeks before it. */
  "seasonal",
] as const;

/** One of {@link ANOMALY_METHODS}. */
export type AnomalyMethod = (typeof ANOMALY_METHODS)[number];

/** Asks which buckets of a metric differ from what the buckets before them let expect. */
export interface AnomalyQuery extends MetricSelection {
  readonly bucket: Bucket;
  readonly aggregate: MetricAggregate;
  readonly groupBy?: readonly MetricDimension[] | undefined;
  readonly method: AnomalyMethod;
  /** Buckets of the baseline, 2 to 10,000 (default 24); of `seasonal` days or weeks, 2 to 400 (default 8). */
  readonly window?: number | undefined;
  /** Default `week`. Only for `seasonal`. */
  readonly season?: "day" | "week" | undefined;
  /** A score beyond it, up or down, is an anomaly: above 0, at most 1000. Default 3 for `zscore`, 3.5 for the others. */
  readonly threshold?: number | undefined;
  /** Buckets of the baseline that must have a value, 2 to `window`; default half of them, at least 3 (or `window`). */
  readonly minSamples?: number | undefined;
  /**
   * What buckets without samples count as: `none` and `null`: a gap. Default `zero` for counts of events, else `null`.
   * With `zero` a group that has samples in its baseline only is judged, too.
   */
  readonly fill?: MetricFill | undefined;
}

/** One bucket as judged by those before it. */
export interface AnomalyPoint {
  /** Start of the bucket. */
  readonly ts: Date;
  /** `null` for a gap. */
  readonly value: number | null;
  /** Centre of the baseline; `null` where fewer than `minSamples` of its buckets have a value. */
  readonly expected: number | null;
  /** Values from `lower` to `upper` are no anomalies; `null` as `expected`. */
  readonly lower: number | null;
  readonly upper: number | null;
  /**
   * How many spreads the value lies above (or, negative, below) what is expected, from -1000 to 1000. `null` for a gap, without a
   * baseline, and for a bucket that `from` or `to` cuts, whose value is only a part's.
   */
  readonly score: number | null;
  readonly anomaly: boolean;
}

/** The judged buckets of one group. */
export interface AnomalySeries {
  /** One member per `groupBy` dimension; `null` where the samples have none. */
  readonly key: Readonly<Record<string, string | null>>;
  /** As in {@link MetricSeries}. */
  readonly unit?: string;
  /** Oldest first. */
  readonly points: AnomalyPoint[];
}
