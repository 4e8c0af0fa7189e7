import type { AnomalyQuery, AnomalySeries } from "./anomaly.js";
import type {
  MetricInfo,
  MetricLabelValues,
  MetricLabelValuesRequest,
  MetricTop,
  MetricTopRequest,
} from "./catalog.js";
import type { MetricDefinition } from "./definition.js";
import type { MetricQuery, MetricSeries } from "./query.js";
import type { MetricSample, RecordResult } from "./sample.js";

/**
 * Records measurements and answers queries about them. The metrics of {@link EVENT_METRICS} come from the audit log: they are
 * queried like the others and cannot be recorded.
 */
export interface MetricStore {
  /**
   * Declares a metric. Declaring it again in the same way changes nothing, so every process may do so at its start.
   * @returns the definition as it is stored
   * @throws `invalid_argument`; `conflict` when the metric is declared otherwise, or has samples already and `decimals` or the
   *   kind `cumulative` would change what they mean. Nothing is stored then.
   */
  define(definition: MetricDefinition): Promise<MetricDefinition>;
  /**
   * Bad samples are reported; good ones are recorded all the same.
   *
   * Samples of a cumulative metric are readings of one counter for each `agentId`, `teamId` and `labels`. What a reading has
   * risen since the one before is stored in its place; one that is smaller is the first after a reset, and counts from zero, as
   * does the very first. A reading that is older than the newest recorded one of its counter is rejected as `out_of_order`:
   * the newer one already contains it.
   */
  record(samples: readonly MetricSample[]): Promise<RecordResult>;
  /** Series ordered by key, `null` last. Without samples: no series. @throws `invalid_argument`, `unsupported` */
  query(query: MetricQuery): Promise<MetricSeries[]>;
  /**
   * Judges each bucket by those before it. Deterministic: the same samples give the same scores on every backend.
   * @throws `invalid_argument`, `unsupported`
   */
  anomalies(query: AnomalyQuery): Promise<AnomalySeries[]>;
  /** Every metric that is declared, has samples or comes from events, ordered by name. Its cost does not grow with the samples. */
  list(request?: { readonly prefix?: string | undefined }): Promise<MetricInfo[]>;
  /**
   * The values that a metric has in one dimension. Its cost does not grow with the samples; for a metric from events they are
   * counted in the log.
   * @throws `invalid_argument`
   */
  labelValues(request: MetricLabelValuesRequest): Promise<MetricLabelValues>;
  /** The groups with the greatest values over a range. @throws `invalid_argument`, `unsupported` */
  top(request: MetricTopRequest): Promise<MetricTop>;
}
