import type { StorageBackend } from "@agent-assembly/storage-core";
import fc from "fast-check";
import { junk, mostly, oddNumber, oddText, shaped } from "../support/junk.js";
import { answered, take } from "../support/refusal.js";
import { closeAll, NOW, openStores, uuid } from "../support/stores.js";
import { defineTarget } from "../target.js";

const DAY_MS = 86_400_000;
const agentId = fc.constantFrom("agent-0", "agent-1", "unknown");
const time = fc.integer({ min: -100, max: 20 }).map((hours) => new Date(NOW + hours * 3_600_000));
const some = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof(value, fc.array(mostly(value), { maxLength: 5 }));
const pointer = fc.oneof(fc.constantFrom("/n", "/deep/list/0", "/tool", "/a~1b", "", "/", "n"), oddText);
const filter = shaped({
  from: time,
  to: time,
  eventId: some(fc.nat({ max: 50 }).map(uuid)),
  agentId: some(agentId),
  teamId: some(fc.constant("team")),
  action: some(fc.constant("tool_call")),
  decision: some(fc.constantFrom("allow", "deny")),
  dryRun: fc.boolean(),
  payload: fc.dictionary(pointer, mostly(fc.oneof(fc.nat({ max: 50 }), fc.constantFrom("search", null))), {
    maxKeys: 4,
  }),
});
const page = shaped({
  limit: fc.integer({ min: 1, max: 1000 }),
  cursor: oddText,
  order: fc.constantFrom("newest", "oldest"),
});
const bucket = shaped({
  every: fc.constantFrom("1h", "5m", "1d", "1w", "1mo", "7m", "1s", "0h", "99999s"),
  timeZone: fc.constantFrom("UTC", "Europe/Berlin", "Pacific/Apia", "Mars/Base"),
});
const dimension = fc.oneof(
  fc.constantFrom("agentId", "teamId", "decision", "action", "tool", "labels.model", "metadata.x"),
  fc.constantFrom({ metadata: "x" }),
);
const summary = shaped({ groupBy: fc.array(mostly(dimension), { maxLength: 4 }), bucket, fill: fc.boolean() });
const range = { from: time, to: time };
const question = {
  ...range,
  metric: fc.constantFrom("cost", "events", "denials", "tool.calls", "none"),
  aggregate: fc.constantFrom("sum", "avg", "count", "min", "max", "p95", "last"),
  groupBy: fc.array(mostly(dimension), { maxLength: 3 }),
  bucket,
  agentId: some(agentId),
  labels: fc.dictionary(fc.constantFrom("model", "decision", "__proto__"), mostly(fc.constant("m1")), { maxKeys: 2 }),
  unit: fc.constantFrom("s", "ms", "USD", "KiB"),
};
const metricQuery = shaped({
  ...question,
  fill: fc.constantFrom("zero", "null", "previous", "linear"),
  window: shaped({
    function: fc.constantFrom("cumulativeSum", "movingAverage", "delta", "rate", "rank"),
    size: fc.integer({ min: 1, max: 50 }),
  }),
});
const partition = shaped({
  dataset: fc.constantFrom("audit", "metrics"),
  id: fc.constant("2026-03-01"),
  from: fc.constant(new Date(NOW - (NOW % DAY_MS))),
  to: fc.constant(new Date(NOW - (NOW % DAY_MS) + DAY_MS)),
  rows: fc.nat(),
  bytes: fc.nat(),
  tier: fc.constant("hot"),
});
const slice = shaped({
  selection: shaped({ only: fc.array(filter, { maxLength: 3 }), except: fc.array(filter, { maxLength: 3 }) }),
  asOf: oddText,
  expect: shaped({ rows: fc.constant(-5) }),
});
const event = shaped({
  ts: time,
  eventId: fc.nat({ max: 100 }).map(uuid),
  agentId,
  teamId: fc.constant("team"),
  action: fc.constant("tool_call"),
  decision: fc.constant("allow"),
  dryRun: fc.boolean(),
  payload: fc.jsonValue({ maxDepth: 3 }),
});
const sample = shaped({
  ts: time,
  metric: fc.constantFrom("cost", "other"),
  value: oddNumber,
  agentId,
  labels: fc.dictionary(oddText, oddText, { maxKeys: 2 }),
});
const agent = shaped({
  agentId: fc.constantFrom("agent-0", "new"),
  teamId: fc.constant("team"),
  metadata: fc.dictionary(oddText, junk, { maxKeys: 3 }),
  enforcementMode: fc.constantFrom("enforce", "observe", "off"),
  revision: fc.nat({ max: 3 }),
});

/** Calls by their names; each gets three arguments, and takes those it has. */
const CALLS: Readonly<Record<string, (store: StorageBackend, ...args: never[]) => unknown>> = {
  query: ({ audit }, ...[where, paged]: [never, never]) => audit.query(where, paged),
  count: ({ audit }, where: never) => audit.count(where),
  stream: ({ audit }, where: never) => take(audit.stream(where), 100),
  tail: ({ audit }, where: never) => take(audit.tail(where, { signal: AbortSignal.timeout(2) }), 1),
  summarize: ({ audit }, ...[where, asked]: [never, never]) => audit.summarize(where, asked),
  append: ({ audit }, events: never) => audit.append(events),
  metricQuery: ({ metrics }, asked: never) => metrics.query(asked),
  top: ({ metrics }, asked: never) => metrics.top(asked),
  anomalies: ({ metrics }, asked: never) => metrics.anomalies(asked),
  labelValues: ({ metrics }, asked: never) => metrics.labelValues(asked),
  metricList: ({ metrics }, asked: never) => metrics.list(asked),
  record: ({ metrics }, samples: never) => metrics.record(samples),
  define: ({ metrics }, definition: never) => metrics.define(definition),
  measure: ({ partitions }, ...[of, part]: [never, never]) => partitions.measure(of, part),
  measureAll: ({ retentionSupport }, requests: never) => retentionSupport.measureAll(requests),
  read: ({ partitions }, ...[of, part]: [never, never]) => take(partitions.read(of, part), 100),
  drop: ({ partitions }, ...[of, part]: [never, never]) => partitions.drop(of, part),
  compress: ({ partitions }, of: never) => partitions.compress(of),
  hold: ({ holds }, hold: never) => holds.place(hold),
  register: ({ agents }, record: never) => agents.register(record),
  update: ({ agents }, ...[id, record]: [never, never]) => agents.update(id, record),
  agents: ({ agents }, ...[where, paged]: [never, never]) => agents.list(where, paged),
};
const ARGUMENTS: Readonly<Record<string, readonly fc.Arbitrary<unknown>[]>> = {
  query: [filter, page],
  count: [filter],
  stream: [filter],
  tail: [filter],
  summarize: [filter, summary],
  append: [mostly(fc.array(event, { maxLength: 3 }))],
  metricQuery: [metricQuery],
  top: [shaped({ ...question, by: fc.array(mostly(dimension), { maxLength: 2 }), limit: fc.nat({ max: 100 }) })],
  anomalies: [shaped({ ...question, method: fc.constantFrom("mad", "zscore"), threshold: oddNumber })],
  labelValues: [shaped({ ...range, metric: fc.constant("cost"), label: fc.constant("model"), limit: fc.nat() })],
  metricList: [shaped({ prefix: fc.constant("co") })],
  record: [mostly(fc.array(sample, { maxLength: 3 }))],
  define: [shaped({ name: fc.constant("other"), unit: oddText, kind: fc.constant("delta"), decimals: oddNumber })],
  measure: [partition, slice],
  measureAll: [mostly(fc.array(shaped({ partition, selection: fc.constant({}), asOf: oddText }), { maxLength: 3 }))],
  read: [partition, slice],
  drop: [partition, slice],
  compress: [partition],
  hold: [shaped({ reason: oddText, actor: oddText, agentId, ...range, holdId: fc.nat({ max: 5 }).map(uuid) })],
  register: [agent],
  update: [mostly(agentId), agent],
  agents: [shaped({ teamId: some(fc.constant("team")), status: some(fc.constant("online")) }), page],
};

interface Input {
  readonly call: string;
  readonly args: readonly unknown[];
}

const input: fc.Arbitrary<Input> = fc.oneof(
  ...Object.entries(ARGUMENTS).map(([call, args]) => fc.record({ call: fc.constant(call), args: fc.tuple(...args) })),
);

/** Filters and requests of every role, on every backend. */
export const requests = defineTarget<Input>(async (context) => {
  const stores = await openStores(context);
  return {
    input,
    async enter({ call, args }) {
      for (const store of stores) {
        await answered(`${store.name}: ${call}`, () => CALLS[call]?.(store, ...(args as never[])));
      }
    },
    close: () => closeAll(stores),
  };
});
