import type { SeriesBuilder } from "./aggregate.js";
import type { SampleRow } from "./parse.js";

/** The operations that a backend provides for its metrics. */
export interface MetricDriver {
  /** Stores all samples, or none. */
  record(samples: readonly SampleRow[]): Promise<void>;
  /**
   * Adds everything that the builder's query asks for: samples, or totals of samples that lie in one of its buckets.
   * @throws `unsupported` when the driver no longer has what an exact answer needs; answers are never incomplete
   */
  collect(builder: SeriesBuilder): Promise<void>;
}
