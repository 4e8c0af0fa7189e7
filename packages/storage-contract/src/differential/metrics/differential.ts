import fc from "fast-check";
import type { StorageHarness } from "../../harness.js";
import { assertAlike } from "../alike.js";
import { compareCall } from "../compare.js";
import { onBoth } from "../on-both.js";
import { fill, metricData } from "./data.js";
import { metricQuestion } from "./questions.js";

/** Options of {@link runMetricDifferential}. */
export interface MetricDifferentialOptions {
  /** Random questions; default 2,000. */
  readonly queries?: number | undefined;
  /** Samples of the data set, with half as many events; default 4,000. */
  readonly samples?: number | undefined;
  /** Repeats a failed run; it is printed with the failure. Default: random. */
  readonly seed?: number | undefined;
}

/**
 * Asks random questions about one random set of metrics and events, of a backend and of a reference, and compares every answer.
 * Numbers may differ by what the order of adding changes, a relative 1e-12; exact amounts, times and texts may not. A difference is
 * shrunk to a simple question and thrown with the seed that repeats it.
 */
export async function runMetricDifferential(
  harness: StorageHarness,
  reference: StorageHarness,
  options: MetricDifferentialOptions = {},
): Promise<void> {
  const { queries = 2000, samples = 4000, seed = Math.floor(Math.random() * 0x7fffffff) } = options;
  const data = metricData(samples, seed);
  await onBoth(harness, reference, async (backend, model) => {
    assertAlike(await fill(backend, data), await fill(model, data), `seed: ${seed}; ${harness.name} recorded`);
    const [subject, other] = [
      { backend, name: harness.name },
      { backend: model, name: reference.name },
    ];
    await fc.assert(
      fc.asyncProperty(metricQuestion, (question) => compareCall(question, subject, other)),
      { numRuns: queries, includeErrorInReport: true, seed },
    );
  });
}
