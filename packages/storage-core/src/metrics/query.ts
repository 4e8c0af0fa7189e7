import type { OneOrMany } from "../audit/store.js";
import type { Bucket } from "../time/bucket.js";
import type { MetricDimension } from "./dimension.js";
import type { MetricWindow } from "./window.js";

/** How a query combines the samples of one point. */
export const METRIC_AGGREGATES = [
  "sum",
  "count",
  "avg",
  "min",
  "max",
  /** The value with the greatest `ts`; of several at one instant the greatest value. */
  "last",
  /** `sum` per second of the part of the bucket that lies inside `[from, to)`. */
  "rate",
  /** Percentiles interpolate linearly between neighbouring samples, as PostgreSQL's `percentile_cont` does. */
  "p50",
  "p95",
  "p99",
] as const;

/** One of {@link METRIC_AGGREGATES}. */
export type MetricAggregate = (typeof METRIC_AGGREGATES)[number];

/** `null` and `zero` fill empty buckets with that, `previous` with the last value before (null at the start). */
export type MetricFill = "none" | "null" | "zero" | "previous";

/** Selects samples of one metric. Members that are given must all match. */
export interface MetricSelection {
  /** A recorded metric, or one of {@link EVENT_METRICS}, whose labels are the dimensions of events: `labels.tool`. */
  readonly metric: string;
  readonly agentId?: OneOrMany<string> | undefined;
  readonly teamId?: OneOrMany<string> | undefined;
  /** Samples must carry every given label with that value. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Inclusive. */
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
  /** Converts values to this unit: the metric's unit must be declared, and be of the same quantity. */
  readonly unit?: string | undefined;
}

/** Selects samples of one metric and says how to combine them. */
export interface MetricQuery extends MetricSelection {
  /** Default: one point for the whole range. */
  readonly bucket?: Bucket | undefined;
  readonly aggregate: MetricAggregate;
  readonly groupBy?: readonly MetricDimension[] | undefined;
  /** Default `none`: buckets without samples are left out. */
  readonly fill?: MetricFill | undefined;
  /** Functions over the buckets, up to 10; needs `bucket`. Their results are the points' `windows`, in the same order. */
  readonly window?: OneOrMany<MetricWindow> | undefined;
}

/** One value of a series; `null` where a filled bucket has no samples. */
export interface MetricPoint {
  /** Start of the bucket (it may lie before `from`), or `from` itself without buckets. */
  readonly ts: Date;
  readonly value: number | null;
  /**
   * All digits of the value, such as `"1000000.00"`: for `sum`, `min`, `max` and `last` of a metric with declared decimals, in
   * its own unit. `value` is the double nearest to it.
   */
  readonly exact?: string;
  /**
   * One result for each window of the query, in the unit of the values, but for `percentChange` (percent), `rank` and
   * `shareOfTotal` (0 to 1); `null` where there is none. Only where the query has windows.
   */
  readonly windows?: readonly (number | null)[];
}

/** The points of one group. */
export interface MetricSeries {
  /** One member per `groupBy` dimension; `null` where the samples have none. */
  readonly key: Readonly<Record<string, string | null>>;
  /** Of the values: as declared or converted, `/s` added for `rate`; absent for `count` and where none is declared. */
  readonly unit?: string;
  /** Oldest first. */
  readonly points: MetricPoint[];
}

/** More points than this end in `invalid_argument`: narrow the range or widen the bucket. */
export const MAX_METRIC_POINTS = 100_000;
