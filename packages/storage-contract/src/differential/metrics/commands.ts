import type {
  AnomalyQuery,
  MetricDefinition,
  MetricQuery,
  MetricSample,
  MetricTopRequest,
} from "@agent-assembly/storage-core";
import fc from "fast-check";
import { NOW } from "../../support/fixtures.js";
import { type Command, command } from "../command.js";
import { bucket, maybe, name, oneOrMany, time } from "../values.js";
import { aggregate, fill, judging, unit, windowsOf } from "./values.js";

// Few, so that definitions meet samples and each other.
const recordable = fc.constantFrom("tokens", "cost", "reads", "a%");
const metric = fc.oneof(
  { weight: 6, arbitrary: recordable },
  { weight: 2, arbitrary: fc.constantFrom("events", "denials", "tool.calls", "approvals.latency") },
);
const definition: fc.Arbitrary<MetricDefinition> = fc.record({
  name: fc.oneof({ weight: 12, arbitrary: recordable }, { weight: 1, arbitrary: fc.constantFrom("events", "") }),
  kind: fc.constantFrom("gauge", "delta", "cumulative", "cumulative"),
  unit: maybe(fc.constantFrom("ms", "bytes", "USD")),
  decimals: maybe(fc.constantFrom(0, 2, 2, -1)),
});

const labels = fc.dictionary(fc.constantFrom("model", "'"), name, { maxKeys: 2 });
const sample: fc.Arbitrary<MetricSample> = fc.record({
  ts: time,
  metric: fc.oneof({ weight: 30, arbitrary: recordable }, { weight: 1, arbitrary: fc.constant("events") }),
  // Dyadic fractions add up exactly in any order. Some have more decimals than declared, or are no readings of a counter.
  value: fc.oneof(
    { weight: 6, arbitrary: fc.nat(4000).map((quarters) => quarters / 4) },
    { weight: 2, arbitrary: fc.integer({ min: -4000, max: 4000 }).map((eighths) => eighths / 8) },
  ),
  agentId: maybe(fc.constantFrom("a", "😀")),
  teamId: maybe(name),
  labels: maybe(labels),
});

const dimension = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom("agentId" as const, "teamId" as const, "labels.model" as const) },
  {
    weight: 2,
    arbitrary: fc.constantFrom("labels.tool" as const, "labels.dryRun" as const, "labels.agent.metadata.v" as const),
  },
);
const selection = {
  metric,
  from: fc.constantFrom(new Date(NOW - 5_400_000), new Date(NOW), new Date(NOW + 60_000)),
  to: fc.constantFrom(new Date(NOW + 3_600_000), new Date(NOW + 43_200_000)),
  agentId: maybe(oneOrMany),
  labels: maybe(labels),
  unit: fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: unit }),
};
const query: fc.Arbitrary<MetricQuery> = fc.record({
  ...selection,
  bucket: maybe(bucket),
  aggregate,
  groupBy: fc.uniqueArray(dimension, { maxLength: 2 }),
  fill: maybe(fill),
  window: maybe(windowsOf(dimension)),
});
const anomalies: fc.Arbitrary<AnomalyQuery> = fc
  .record({
    query: fc.record({ ...selection, bucket, aggregate, groupBy: fc.uniqueArray(dimension, { maxLength: 1 }) }),
    judging,
  })
  .map(({ query: of, judging: how }) => ({ ...of, ...how }));
const top: fc.Arbitrary<MetricTopRequest> = fc.record({
  ...selection,
  by: fc.oneof(dimension, fc.uniqueArray(dimension, { minLength: 1, maxLength: 2 })),
  aggregate: maybe(aggregate),
  limit: maybe(fc.integer({ min: 1, max: 3 })),
  bucket: maybe(bucket),
});
const limit = maybe(fc.integer({ min: 1, max: 3 }));
const prefix = maybe(fc.constantFrom("", "t", "a%", "a_", "e", "\u0000"));

/** Calls of the metric store. */
export const metricCommands: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 5,
    arbitrary: command("metrics.record", [fc.array(sample, { minLength: 1, maxLength: 8 })], (backend, samples) =>
      backend.metrics.record(samples),
    ),
  },
  { weight: 2, arbitrary: command("metrics.define", [definition], (backend, one) => backend.metrics.define(one)) },
  { weight: 5, arbitrary: command("metrics.query", [query], (backend, one) => backend.metrics.query(one)) },
  {
    weight: 2,
    arbitrary: command("metrics.anomalies", [anomalies], (backend, one) => backend.metrics.anomalies(one)),
  },
  { weight: 2, arbitrary: command("metrics.top", [top], (backend, one) => backend.metrics.top(one)) },
  {
    weight: 1,
    arbitrary: command("metrics.list", [prefix], (backend, text) => backend.metrics.list({ prefix: text })),
  },
  {
    weight: 1,
    arbitrary: command("metrics.labelValues", [metric, dimension, limit], (backend, of, by, most) =>
      backend.metrics.labelValues({ metric: of, by, limit: most }),
    ),
  },
);
