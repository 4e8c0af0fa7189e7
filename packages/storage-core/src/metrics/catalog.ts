import type { Bucket } from "../time/bucket.js";
import type { MetricKind } from "./definition.js";
import type { MetricDimension } from "./dimension.js";
import type { MetricAggregate, MetricPoint, MetricSelection } from "./query.js";

/** What is known of one metric. */
export interface MetricInfo {
  readonly name: string;
  /** `events`: answered from the audit log. */
  readonly source: "recorded" | "events";
  /** As declared. */
  readonly unit?: string;
  /** As declared. */
  readonly kind?: MetricKind;
  /** As declared. */
  readonly decimals?: number;
  /** Ever recorded, those included that retention has dropped since. `null` for a metric from events: a query counts them. */
  readonly samples: number | null;
  /** Time of the oldest and of the newest sample ever recorded; absent without samples, and for a metric from events. */
  readonly first?: Date;
  readonly last?: Date;
  /** Number of agents and of teams that the samples name; `null` for a metric from events. */
  readonly agents: number | null;
  readonly teams: number | null;
  /** Number of values of each label; `null` for a metric from events. */
  readonly labels: Readonly<Record<string, number | null>>;
  /** Samples that are no longer in memory in any form, so that queries which reach back to them are refused; absent: none. */
  readonly evicted?: number;
}

/** Which values {@link MetricStore.labelValues} is to return. */
export interface MetricLabelValuesRequest {
  readonly metric: string;
  readonly by: MetricDimension;
  /** 1 to 10,000; default 100. */
  readonly limit?: number | undefined;
}

/** The values of one dimension, those with the most samples first, then by value. */
export interface MetricLabelValues {
  /** `null` stands for the samples without one. */
  readonly values: readonly { readonly value: string | null; readonly samples: number }[];
  /** How many there are, the ones beyond the limit included. */
  readonly total: number;
}

/** Asks for the groups with the greatest values. */
export interface MetricTopRequest extends MetricSelection {
  readonly by: MetricDimension | readonly MetricDimension[];
  /** Default `sum`. */
  readonly aggregate?: MetricAggregate | undefined;
  /** 1 to 1,000; default 10. */
  readonly limit?: number | undefined;
  /** Adds to each row its points over time, empty buckets filled with zero or, where zero would be wrong, with null. */
  readonly bucket?: Bucket | undefined;
}

/** One group and its value over the whole range. */
export interface MetricTopRow {
  readonly key: Readonly<Record<string, string | null>>;
  readonly value: number;
  /** As in {@link MetricPoint}. */
  readonly exact?: string;
  /** Part of the total, 0 to 1; `null` where groups do not add up (all but `sum`, `count` and `rate`) or the total is zero. */
  readonly share: number | null;
  /** Only where the request has a bucket. */
  readonly points?: readonly MetricPoint[];
}

/** The greatest groups, of equal ones the first by key. */
export interface MetricTop {
  readonly rows: readonly MetricTopRow[];
  /** Number of groups, the ones beyond the limit included. */
  readonly groups: number;
  /** Of all groups; `null` where groups do not add up. */
  readonly total: number | null;
  /** As in {@link MetricSeries}. */
  readonly unit?: string;
}
