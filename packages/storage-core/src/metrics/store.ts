import type { OneOrMany } from "../audit/store.js";
import type { Bucket } from "../time/bucket.js";

/** One measurement. Samples without an agent or a team belong to none. */
export interface MetricSample {
  readonly ts: Date;
  /** E.g. `tokens`, `cost_usd`, `events`. */
  readonly metric: string;
  /** Finite. */
  readonly value: number;
  readonly agentId?: string | undefined;
  readonly teamId?: string | undefined;
  /** At most 32 members. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

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

/** What a metric query groups by: a member, or a label such as `labels.model`. */
export type MetricDimension = "agentId" | "teamId" | `labels.${string}`;

/** Selects samples of one metric and says how to combine them. Members that are given must all match. */
export interface MetricQuery {
  readonly metric: string;
  readonly agentId?: OneOrMany<string> | undefined;
  readonly teamId?: OneOrMany<string> | undefined;
  /** Samples must carry every given label with that value. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Inclusive. */
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
  /** Default: one point for the whole range. */
  readonly bucket?: Bucket | undefined;
  readonly aggregate: MetricAggregate;
  readonly groupBy?: readonly MetricDimension[] | undefined;
  /** Default `none`: buckets without samples are left out. */
  readonly fill?: MetricFill | undefined;
}

/** One value of a series; `null` where a filled bucket has no samples. */
export interface MetricPoint {
  /** Start of the bucket (it may lie before `from`), or `from` itself without buckets. */
  readonly ts: Date;
  readonly value: number | null;
}

/** The points of one group. */
export interface MetricSeries {
  /** One member per `groupBy` dimension; `null` where the samples have none. */
  readonly key: Readonly<Record<string, string | null>>;
  /** Oldest first. */
  readonly points: MetricPoint[];
}

/** One sample that `record` refused: its position in the array, and why. */
export interface MetricRejection {
  readonly index: number;
  readonly code: "invalid_argument";
  readonly reason: string;
}

/** The outcome of one `record`: the number of samples stored, and those refused. */
export interface RecordResult {
  readonly recorded: number;
  readonly rejected: MetricRejection[];
}

/** More points than this end in `invalid_argument`: narrow the range or widen the bucket. */
export const MAX_METRIC_POINTS = 100_000;

/** Records measurements and answers queries about them. */
export interface MetricStore {
  /** Bad samples are reported; good ones are recorded all the same. */
  record(samples: readonly MetricSample[]): Promise<RecordResult>;
  /** Series ordered by key, `null` last. Without samples: no series. */
  query(query: MetricQuery): Promise<MetricSeries[]>;
}
