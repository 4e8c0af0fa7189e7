import {
  ANOMALY_METHODS,
  METRIC_AGGREGATES,
  type MetricDimension,
  type MetricFill,
  type MetricWindow,
  WINDOW_FUNCTIONS,
} from "@agent-assembly/storage-core";
import fc from "fast-check";
import { maybe } from "../values.js";

export const aggregate = fc.constantFrom(...METRIC_AGGREGATES);
export const fill = fc.constantFrom<MetricFill[]>("none", "null", "zero", "previous");
/** Of time, of bytes, of neither. */
export const unit = fc.constantFrom("ms", "s", "bytes", "MiB", "USD", "parsec");

/** Of one to three functions, some of which do not take what they are given. @param partitions of queries' groups */
export function windowsOf(partitions: fc.Arbitrary<MetricDimension>): fc.Arbitrary<MetricWindow | MetricWindow[]> {
  const one = fc
    .record({
      name: fc.constantFrom(...WINDOW_FUNCTIONS),
      size: fc.oneof(
        { weight: 6, arbitrary: fc.integer({ min: 1, max: 4 }) },
        { weight: 2, arbitrary: fc.integer({ min: 0, max: 40 }) },
      ),
      partition: maybe(
        fc.oneof(fc.constant("series" as const), fc.constant([]), fc.uniqueArray(partitions, { maxLength: 2 })),
      ),
      fits: fc.integer({ min: 0, max: 19 }),
    })
    .map(({ name, size, partition, fits }): MetricWindow => {
      if (fits === 0) return { function: name, size, partition };
      if (name === "rank" || name === "shareOfTotal") return { function: name, partition };
      return name === "cumulativeSum" ? { function: name } : { function: name, size };
    });
  return fc.oneof(one, fc.array(one, { minLength: 1, maxLength: 3 }));
}

/** How to judge; some of it does not go together. */
export const judging = fc.record({
  method: fc.constantFrom(...ANOMALY_METHODS),
  window: maybe(fc.integer({ min: 2, max: 12 })),
  season: fc.option(fc.constantFrom("day", "week"), { nil: undefined, freq: 1 }),
  threshold: maybe(fc.constantFrom(1, 2.5, 1000)),
  minSamples: maybe(fc.integer({ min: 2, max: 4 })),
});
