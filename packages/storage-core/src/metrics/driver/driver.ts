import type { MetricDefinition } from "../definition.js";
import type { SampleRow } from "../parse.js";
import type { ParsedMetricLabelValues } from "./parse-query.js";
import type { SeriesBuilder } from "./series-builder.js";

/** What became of a definition: stored, there already (same or other), or refused because there are samples. */
export type DefineOutcome =
  | { readonly status: "defined" }
  | { readonly status: "exists"; readonly definition: MetricDefinition }
  | { readonly status: "has_samples" };

/**
 * What became of samples. `redefined`: a definition other than those given is in force, and nothing was stored. `late` has the
 * indexes of readings older than the newest of their counter, which were not stored either.
 */
export type RecordOutcome =
  | { readonly status: "recorded"; readonly late: readonly number[] }
  | { readonly status: "redefined" };

/** What a driver knows of one metric that has samples; times in milliseconds since the epoch. */
export interface MetricStats {
  readonly name: string;
  readonly samples: number;
  readonly first: number;
  readonly last: number;
  readonly agents: number;
  readonly teams: number;
  readonly labels: Readonly<Record<string, number>>;
  /** Samples that the driver no longer has in any form. */
  readonly evicted: number;
}

/** The operations that a backend provides for its metrics. */
export interface MetricDriver {
  /** All definitions, in any order. */
  definitions(): Promise<readonly MetricDefinition[]>;
  /**
   * Stores a definition of a metric that has none. One that `changesSamples` is refused when the metric has samples,
   * no matter which process recorded them, or when.
   */
  define(definition: MetricDefinition): Promise<DefineOutcome>;
  /**
   * Stores all samples but late readings, or none. The values of cumulative metrics are readings; a driver stores what
   * `toIncreases` makes of them.
   * @param definitions those the samples were checked against, by name; a metric without an entry had none
   */
  record(samples: readonly SampleRow[], definitions: ReadonlyMap<string, MetricDefinition>): Promise<RecordOutcome>;
  /**
   * Adds everything that the builder's query asks for: samples, or totals of samples that lie in one of its buckets.
   * @throws `unsupported` when the driver no longer has what an exact answer needs; answers are never incomplete
   */
  collect(builder: SeriesBuilder): Promise<void>;
  /** One entry for each metric that has samples and whose name starts with `prefix`, in any order. */
  list(prefix: string): Promise<readonly MetricStats[]>;
  /** The values with the most samples first, then by code point, `null` last; and how many there are in all. */
  labelValues(request: ParsedMetricLabelValues): Promise<{
    readonly values: readonly (readonly [value: string | null, samples: number])[];
    readonly total: number;
  }>;
}
