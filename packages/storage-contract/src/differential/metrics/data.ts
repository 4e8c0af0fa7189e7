import type { MetricDefinition, MetricSample, NewAuditEvent, StorageBackend } from "@agent-assembly/storage-core";
import fc from "fast-check";
import { uuid } from "../../support/fixtures.js";

/** Six weeks in which the clocks of St. John's, Berlin and Lord Howe Island change. */
export const DATA_START = Date.UTC(2026, 2, 1);
export const DATA_END = Date.UTC(2026, 3, 12);
const HOUR_MS = 3_600_000;

/** What the metrics of the data set are for: each is asked for what it answers alike whatever the order of adding. */
export const METRICS: readonly (MetricDefinition | { readonly name: string })[] = [
  // Dyadic fractions, up and down.
  { name: "load" },
  { name: "queue", kind: "gauge", unit: "bytes" },
  { name: "cost", kind: "delta", unit: "USD", decimals: 2 },
  { name: "requests", kind: "cumulative", unit: "requests" },
  { name: "spent", kind: "cumulative", unit: "ms", decimals: 3 },
];
/** Doubles whose sums depend on the order of adding. Positive, so that the sums are alike but for their last digits. */
export const NOISY_METRIC = "latency";

export const AGENTS = ["a", "b", "b%", "é", "\uffff", "😀"] as const;
export const MODELS = ["x", "y'", "toString"] as const;

/** Calls that fill a store. */
export interface MetricData {
  readonly definitions: readonly MetricDefinition[];
  readonly batches: readonly (readonly MetricSample[])[];
  readonly events: readonly NewAuditEvent[];
}

/** Many at exact hours, so that they lie on the borders of buckets. */
export const instant = (from: number, to: number): fc.Arbitrary<Date> =>
  fc
    .oneof(
      { weight: 3, arbitrary: fc.integer({ min: from, max: to }) },
      { weight: 1, arbitrary: fc.integer({ min: from / HOUR_MS, max: to / HOUR_MS }).map((hour) => hour * HOUR_MS) },
    )
    .map((ms) => new Date(ms));

const ts = fc.noBias(instant(DATA_START, DATA_END));
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 4 });
const members = {
  agentId: optional(fc.constantFrom(...AGENTS)),
  teamId: optional(fc.constantFrom("red", "blue")),
};
const labels = optional(
  fc.record({ model: fc.constantFrom(...MODELS), region: fc.constant("eu") }, { requiredKeys: [] }),
);

function samplesOf(metric: string, value: fc.Arbitrary<number>): fc.Arbitrary<MetricSample> {
  return fc.record({ ts, metric: fc.constant(metric), value, ...members, labels });
}

/** A few counters, or most readings would be the first. */
function readingsOf(metric: string, value: fc.Arbitrary<number>): fc.Arbitrary<MetricSample> {
  return fc.record({ ts, metric: fc.constant(metric), value, agentId: fc.constantFrom("a", "😀", undefined) });
}

const anySample = fc.oneof(
  {
    weight: 4,
    arbitrary: samplesOf(
      "load",
      fc.integer({ min: -400, max: 400 }).map((n) => n / 8),
    ),
  },
  { weight: 4, arbitrary: samplesOf("queue", fc.nat(1 << 20)) },
  {
    weight: 4,
    arbitrary: samplesOf(
      "cost",
      fc.integer({ min: -500, max: 9999 }).map((cents) => cents / 100),
    ),
  },
  {
    weight: 4,
    arbitrary: samplesOf(
      NOISY_METRIC,
      fc.integer({ min: 1, max: 99_999 }).map((n) => n / 1000),
    ),
  },
  { weight: 3, arbitrary: readingsOf("requests", fc.nat(1000)) },
  {
    weight: 3,
    arbitrary: readingsOf(
      "spent",
      fc.nat(999_999).map((n) => n / 1000),
    ),
  },
);

const anyEvent: fc.Arbitrary<Omit<NewAuditEvent, "eventId">> = fc
  .record({
    ts,
    agentId: fc.constantFrom(...AGENTS),
    teamId: members.teamId,
    action: fc.constantFrom("tool_call", "tool_call", "message", "approval"),
    decision: fc.constantFrom("allow", "allow", "deny", "pending"),
    dryRun: fc.boolean(),
    tool: optional(fc.constantFrom("mail", "search")),
    latencyMs: optional(fc.nat(600_000)),
  })
  .map(({ tool, latencyMs, teamId, ...event }) => ({
    ...event,
    ...(teamId && { teamId }),
    payload: { ...(tool && { tool }), ...(latencyMs !== undefined && { latencyMs }) },
  }));

/** Readings come in the order of time but for neighbours, so that most are stored and some are late. */
function inBatches(samples: readonly MetricSample[]): MetricSample[][] {
  const batches: MetricSample[][] = [];
  const byTime = samples.toSorted((a, b) => a.ts.getTime() - b.ts.getTime());
  for (let from = 0; from < byTime.length; from += 200) batches.push(byTime.slice(from, from + 200).reverse());
  for (let n = batches.length - 1; n > 0; n--) batches[n]?.push(...(batches[n - 1] as MetricSample[]).splice(-10));
  return batches;
}

/** @param size number of samples; there are half as many events */
export function metricData(size: number, seed: number): MetricData {
  return {
    definitions: METRICS.filter((metric) => "kind" in metric),
    batches: inBatches(fc.sample(anySample, { numRuns: size, seed })),
    events: fc.sample(anyEvent, { numRuns: size >> 1, seed }).map((event, n) => ({ ...event, eventId: uuid(n) })),
  };
}

/** Fills a store. @returns what its calls answered */
export async function fill({ agents, audit, metrics }: StorageBackend, data: MetricData): Promise<unknown[]> {
  const answers: unknown[] = [];
  for (const [n, agentId] of AGENTS.entries()) {
    await agents.register({ agentId, metadata: { tier: n % 2 === 0 ? "gold" : "silver" } });
  }
  for (const definition of data.definitions) answers.push(await metrics.define(definition));
  for (const batch of data.batches) answers.push(await metrics.record(batch));
  for (let from = 0; from < data.events.length; from += 500) {
    answers.push(await audit.append(data.events.slice(from, from + 500)));
  }
  return answers;
}
