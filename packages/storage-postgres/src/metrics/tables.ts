import { quoteIdentifier } from "../sql/identifiers.js";

/** The tables of metrics and the function that locks declarations, quoted, with their schema. */
export interface MetricTables {
  readonly samples: string;
  /** What each write added up to, before it is in {@link totals}. */
  readonly pending: string;
  readonly series: string;
  readonly totals: string;
  /** Hours of which samples were dropped. */
  readonly dropped: string;
  readonly definitions: string;
  /** Until the transaction ends, nothing is recorded. */
  readonly lockDefinitions: string;
  readonly counters: string;
  /** The row that the process locks which moves pending totals. */
  readonly fold: string;
}

/** @param schema where they are */
export function metricTables(schema: string): MetricTables {
  const named = (name: string): string => `${quoteIdentifier(schema)}.${name}`;
  return {
    samples: named("metrics"),
    pending: named("pending_metric_totals"),
    series: named("metric_series"),
    totals: named("metric_totals"),
    dropped: named("dropped_metric_hours"),
    definitions: named("metric_definitions"),
    lockDefinitions: named("lock_metric_definitions"),
    counters: named("metric_counters"),
    fold: named("metric_fold"),
  };
}
