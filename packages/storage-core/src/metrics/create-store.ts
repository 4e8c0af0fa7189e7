import { invalidArgument } from "../errors.js";
import { describeShape } from "../support/describe.js";
import { SeriesBuilder } from "./aggregate.js";
import type { MetricDriver } from "./driver.js";
import { parseMetricQuery, parseSample, type SampleRow } from "./parse.js";
import type { MetricRejection, MetricStore } from "./store.js";

/** Implements the rules of {@link MetricStore} on a backend's driver. */
export function createMetricStore(driver: MetricDriver): MetricStore {
  return {
    async record(samples) {
      if (!Array.isArray(samples)) throw invalidArgument("samples", `must be an array, got ${describeShape(samples)}`);
      const good: SampleRow[] = [];
      const rejected: MetricRejection[] = [];
      for (const [index, input] of samples.entries()) {
        const sample = parseSample(input);
        if (typeof sample === "string") rejected.push({ index, code: "invalid_argument", reason: sample });
        else good.push(sample);
      }
      if (good.length > 0) await driver.record(good);
      return { recorded: good.length, rejected };
    },

    async query(query) {
      const wanted = parseMetricQuery(query);
      const builder = new SeriesBuilder(wanted);
      // A list of no values matches nothing.
      if (wanted.agentIds?.length !== 0 && wanted.teamIds?.length !== 0) await driver.collect(builder);
      return builder.build();
    },
  };
}
