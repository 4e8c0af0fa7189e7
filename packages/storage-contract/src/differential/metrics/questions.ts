import {
  type Bucket,
  METRIC_AGGREGATES,
  type MetricAggregate,
  type MetricDimension,
  type MetricQuery,
} from "@agent-assembly/storage-core";
import fc from "fast-check";
import { type Command, command } from "../command.js";
import { maybe } from "../values.js";
import { AGENTS, DATA_END, DATA_START, instant, METRICS, MODELS, NOISY_METRIC } from "./data.js";
import { aggregate, fill, judging, unit, windowsOf } from "./values.js";

const HOUR_MS = 3_600_000;
const exactMetric = fc.constantFrom(...METRICS.map(({ name }) => name));
const eventMetric = fc.constantFrom("events", "denials", "tool.calls", "approvals.latency");

const timeZone = fc.constantFrom(
  "UTC",
  "Europe/Berlin",
  "Asia/Kolkata",
  "Australia/Lord_Howe",
  "America/St_Johns",
  "Pacific/Auckland",
);
const bucketOf = (...every: string[]): fc.Arbitrary<Bucket> =>
  fc.record({ every: fc.constantFrom(...every), timeZone: maybe(timeZone) });

/** A range, and buckets that suit its length. */
const span = fc.oneof(
  range(2, 72, bucketOf("5m", "15m", "1h", "6h", "1d")),
  range(24, 400, bucketOf("1h", "6h", "12h", "1d", "1w")),
  range(200, 1200, bucketOf("6h", "1d", "1d", "1w", "1mo")),
);

/** Seldom given: each condition leaves little of the data set. */
const rarely = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });

function range(min: number, max: number, bucket: fc.Arbitrary<Bucket>) {
  return fc.record({
    // Small numbers are no likelier than others: they would be ranges of one bucket.
    from: fc.noBias(instant(DATA_START - 48 * HOUR_MS, DATA_END - min * HOUR_MS)),
    length: fc.noBias(
      fc.oneof(
        fc.integer({ min: min * HOUR_MS, max: max * HOUR_MS }),
        fc.integer({ min, max }).map((hours) => hours * HOUR_MS),
      ),
    ),
    bucket,
  });
}

type Span = typeof span extends fc.Arbitrary<infer T> ? T : never;

function rangeOf({ from, length }: Span): Pick<MetricQuery, "from" | "to"> {
  return { from, to: new Date(from.getTime() + length) };
}

const agentId = fc.oneof(fc.constantFrom(...AGENTS), fc.subarray([...AGENTS, "unknown"]));
const ownDimension = fc.constantFrom<MetricDimension[]>(
  "agentId",
  "teamId",
  "labels.model",
  "labels.region",
  "labels.no",
);
const eventDimension = fc.constantFrom<MetricDimension[]>(
  "agentId",
  "teamId",
  "labels.tool",
  "labels.decision",
  "labels.dryRun",
);
const metadataDimension = fc.constant<MetricDimension>("labels.agent.metadata.tier");

/** A metric, with dimensions and labels that it may have. */
const recordedSubject = (metric: fc.Arbitrary<string>) => ({
  metric,
  agentId: rarely(agentId),
  teamId: rarely(fc.constantFrom("red", "blue")),
  labels: rarely(fc.record({ model: fc.constantFrom(...MODELS) }, { requiredKeys: [] })),
  groupBy: fc.uniqueArray(ownDimension, { maxLength: 2 }),
});
const eventSubject = {
  metric: eventMetric,
  agentId: rarely(agentId),
  teamId: rarely(fc.constantFrom("red", "blue")),
  labels: rarely(
    fc.record(
      {
        tool: fc.constantFrom("mail", "search", "no"),
        decision: fc.constantFrom("allow", "deny"),
        dryRun: fc.constant("true"),
      },
      { requiredKeys: [] },
    ),
  ),
  groupBy: fc.uniqueArray(
    fc.oneof({ weight: 6, arbitrary: eventDimension }, { weight: 1, arbitrary: metadataDimension }),
    {
      maxLength: 2,
    },
  ),
};
const exact = fc.oneof(
  { weight: 3, arbitrary: fc.record(recordedSubject(exactMetric)) },
  { weight: 2, arbitrary: fc.record(eventSubject) },
);
const noisy = fc.record(recordedSubject(fc.constant(NOISY_METRIC)));
const anySubject = fc.oneof({ weight: 6, arbitrary: exact }, { weight: 1, arbitrary: noisy });
const anyUnit = rarely(unit);
/** Aggregates of noisy values that do not depend on the order of adding. */
const orderless: readonly MetricAggregate[] = METRIC_AGGREGATES.filter((one) => !["sum", "avg", "rate"].includes(one));

const query = fc
  .record({ subject: anySubject, span, bucketed: fc.boolean(), aggregate, fill: maybe(fill), unit: anyUnit })
  .map(({ subject, span: drawn, bucketed, ...others }) => ({
    ...subject,
    ...rangeOf(drawn),
    ...others,
    bucket: bucketed ? drawn.bucket : undefined,
  }));

const windowed = fc
  .record({
    subject: exact,
    span,
    aggregate,
    fill: maybe(fill),
    unit: anyUnit,
    window: windowsOf(fc.oneof(ownDimension, eventDimension)),
  })
  .map(({ subject, span: drawn, ...others }) => ({ ...subject, ...rangeOf(drawn), ...others, bucket: drawn.bucket }));

const anomalies = fc
  .record({ subject: exact, span, aggregate, fill: maybe(fill), unit: anyUnit, judging })
  .map(({ subject, span: drawn, judging: how, ...others }) => ({
    ...subject,
    ...rangeOf(drawn),
    ...others,
    ...how,
    bucket: drawn.bucket,
  }));

const top = fc
  .record({
    subject: fc.oneof(
      { weight: 6, arbitrary: fc.record({ of: exact, aggregate: maybe(aggregate) }) },
      // Groups whose sums differ in the last digit may change places.
      { weight: 1, arbitrary: fc.record({ of: noisy, aggregate: fc.constantFrom(...orderless) }) },
    ),
    span,
    bucketed: fc.boolean(),
    limit: maybe(fc.integer({ min: 1, max: 4 })),
    unit: anyUnit,
  })
  .map(({ subject: { of, aggregate: one }, span: drawn, bucketed, ...others }) => {
    const { groupBy, ...selection } = of;
    return {
      ...selection,
      ...rangeOf(drawn),
      ...others,
      aggregate: one,
      by: groupBy.length === 0 ? ("agentId" as const) : groupBy,
      bucket: bucketed ? drawn.bucket : undefined,
    };
  });

const labelValues = fc
  .record({ subject: anySubject, limit: maybe(fc.integer({ min: 1, max: 4 })) })
  .map(({ subject: { metric, groupBy }, limit }) => ({ metric, by: groupBy[0] ?? ("agentId" as const), limit }));

/** Any question about the data set. */
export const metricQuestion: fc.Arbitrary<Command> = fc.oneof(
  { weight: 12, arbitrary: command("metrics.query", [query], (backend, one) => backend.metrics.query(one)) },
  { weight: 8, arbitrary: command("metrics.query", [windowed], (backend, one) => backend.metrics.query(one)) },
  { weight: 4, arbitrary: command("metrics.anomalies", [anomalies], (backend, one) => backend.metrics.anomalies(one)) },
  { weight: 5, arbitrary: command("metrics.top", [top], (backend, one) => backend.metrics.top(one)) },
  {
    weight: 2,
    arbitrary: command("metrics.labelValues", [labelValues], (backend, one) => backend.metrics.labelValues(one)),
  },
  {
    weight: 1,
    arbitrary: command("metrics.list", [fc.constantFrom("", "l", "q", "e")], (backend, prefix) =>
      backend.metrics.list({ prefix }),
    ),
  },
);
