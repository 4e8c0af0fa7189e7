import assert from "node:assert/strict";
import type { AuditFilter, MetricDimension, Partition, SummaryDimension } from "@agent-assembly/storage-core";
import { REQUEST_LIMITS } from "@agent-assembly/storage-core/backend";
import { defineCases } from "../contract-case.js";
import { collect, rejects } from "../support/assert.js";
import { ANY_TIME, event, events, NOW, UNRECORDED, uuid } from "../support/fixtures.js";

const { filterValues, payloadConditions, filterBytes, dimensions, selectionFilters, restoredEvents } = REQUEST_LIMITS;

const many = (count: number): string[] => Array.from({ length: count }, (_, n) => `value ${n}`);
const conditions = (count: number): AuditFilter["payload"] =>
  Object.fromEntries(many(count).map((name) => [`/${name}`, name]));

/** Filters beyond a limit, the option that each refusal names, and its text. */
const TOO_LARGE: readonly (readonly [AuditFilter, option: string, message: RegExp])[] = [
  [
    { agentId: many(filterValues + 1) },
    "filter.agentId",
    /^filter\.agentId has 1001 values, more than the accepted 1000/,
  ],
  [
    { tool: Array(1_000_000).fill("a") },
    "filter.tool",
    /^filter\.tool has 1000000 values, more than the accepted 1000/,
  ],
  [
    { eventId: Array.from({ length: filterValues + 1 }, (_, n) => uuid(n)) },
    "filter.eventId",
    /^filter\.eventId has 1001 values, more than the accepted 1000/,
  ],
  [
    { payload: conditions(40_000) },
    "filter.payload",
    /^filter\.payload has 40000 conditions, more than the accepted 100/,
  ],
  [{ payload: { ["/a".repeat(201)]: 1 } }, "filter.payload", /^filter\.payload has 201 levels in a key.* accepted 200/],
  [{ payload: { "/a": "x".repeat(filterBytes) } }, "filter", /^filter holds texts of 1048578 bytes.* accepted 1048576/],
];

const metadata = (count: number): SummaryDimension[] =>
  many(count).map((name): SummaryDimension => `agent.metadata.${name}`);
const labels = (count: number): MetricDimension[] => many(count).map((name): MetricDimension => `labels.${name}`);
const RANGE = { metric: "m", from: new Date(NOW), to: new Date(NOW + 3_600_000) } as const;

/** What one call may ask for: beyond it nothing is asked, cut off or stored. */
export const requestLimitCases = defineCases([
  {
    id: "audit.filter.too-large",
    title: "a filter of too many values, conditions or bytes is refused by every call, with the same text everywhere",
    async run({ storage }) {
      const { audit } = await storage(ANY_TIME);
      await audit.append([event(1)]);
      for (const [filter, option, message] of TOO_LARGE) {
        const expected = { option, message };
        await rejects(() => audit.query(filter), "too_large", expected);
        await rejects(() => collect(audit.stream(filter)), "too_large", expected);
        await rejects(() => audit.count(filter), "too_large", expected);
        await rejects(() => audit.summarize(filter), "too_large", expected);
        await rejects(() => collect(audit.tail(filter, { signal: AbortSignal.abort() })), "too_large", expected);
      }
    },
  },
  {
    id: "audit.filter.as-large-as-allowed",
    title: "a filter of as many values and conditions as are allowed is answered",
    async run({ storage }) {
      const { audit } = await storage(ANY_TIME);
      const payload = Object.fromEntries(many(payloadConditions).map((name) => [name, name]));
      await audit.append([event(1, { agentId: `value ${filterValues - 1}`, payload }), event(2)]);
      const filter = { agentId: many(filterValues), payload: conditions(payloadConditions) };
      assert.equal(await audit.count(filter), 1);
      assert.equal(
        (await audit.query({ eventId: Array.from({ length: filterValues }, (_, n) => uuid(n)) })).items.length,
        2,
      );
    },
  },
  {
    id: "audit.summary.too-many-dimensions",
    title: "as many dimensions as are allowed are answered; one more is refused, whatever it is",
    async run({ storage }) {
      const { audit, agents } = await storage(UNRECORDED);
      await agents.register({
        agentId: "a",
        metadata: Object.fromEntries(many(dimensions).map((name) => [name, name])),
      });
      await audit.append([event(1, { agentId: "a" })]);
      const [row] = await audit.summarize({}, { groupBy: metadata(dimensions) });
      assert.equal(row?.count, 1);
      assert.equal(row?.key[`agent.metadata.value ${dimensions - 1}`], `value ${dimensions - 1}`);
      for (const count of [dimensions + 1, 10_000]) {
        await rejects(() => audit.summarize({}, { groupBy: metadata(count) }), "too_large", {
          option: "request.groupBy",
          message: new RegExp(`^request\\.groupBy has ${count} dimensions, more than the accepted ${dimensions}`),
        });
      }
    },
  },
  {
    id: "agents.list.too-large",
    title: "a list of agents takes as many values as are allowed; more are refused",
    async run({ storage }) {
      const { agents } = await storage(ANY_TIME);
      await agents.register({ agentId: "a", teamId: `value ${filterValues - 1}` });
      assert.equal((await agents.list({ teamId: many(filterValues) })).items.length, 1);
      await rejects(() => agents.list({ teamId: many(filterValues + 1) }), "too_large", {
        option: "filter.teamId",
        message: /^filter\.teamId has 1001 values, more than the accepted 1000/,
      });
    },
  },
  {
    id: "metrics.query.too-large",
    title: "queries of too many agents or dimensions are refused by every call",
    async run({ storage }) {
      const { metrics } = await storage(ANY_TIME);
      await metrics.record([{ ts: new Date(NOW), metric: "m", value: 1, agentId: "value 7" }]);
      const query = { ...RANGE, aggregate: "sum", agentId: many(filterValues) } as const;
      assert.equal((await metrics.query({ ...query, groupBy: labels(dimensions) })).length, 1);
      const values = { message: /agentId has 1001 values, more than the accepted 1000/ };
      const agentId = many(filterValues + 1);
      const grouped = { message: /has 33 dimensions, more than the accepted 32/ };
      const groupBy = labels(dimensions + 1);
      const judged = { ...query, bucket: { every: "1h" }, method: "zscore" } as const;
      await rejects(() => metrics.query({ ...query, agentId }), "too_large", values);
      await rejects(() => metrics.query({ ...query, groupBy }), "too_large", grouped);
      await rejects(() => metrics.anomalies({ ...judged, agentId }), "too_large", values);
      await rejects(() => metrics.anomalies({ ...judged, groupBy }), "too_large", grouped);
      await rejects(() => metrics.top({ ...RANGE, by: "agentId", agentId }), "too_large", values);
      await rejects(() => metrics.top({ ...RANGE, by: groupBy }), "too_large", grouped);
    },
  },
  {
    id: "partitions.slices.too-large",
    title: "a selection of too many filters, or of filters that are too large, is refused by every call",
    async run({ storage }) {
      const { audit, partitions } = await storage(ANY_TIME);
      await audit.append([event(1), event(2)]);
      const [partition] = (await partitions.list("audit")) as [Partition];
      const filters = Array.from({ length: selectionFilters }, (): AuditFilter => ({ agentId: "none" }));
      assert.equal((await partitions.measure(partition, { selection: { except: filters } })).rows, 2);
      const bulky: AuditFilter = { agentId: many(filterValues).map((value) => value.padEnd(512, "x")) };
      for (const [selection, message] of [
        [{ except: [...filters, {}] }, /selection\.except has 1001 filters, more than the accepted 1000/],
        [{ only: [{ agentId: many(filterValues + 1) }] }, /selection\.only\[0\]\.agentId has 1001 values/],
        [{ except: Array(17).fill(bulky) }, /selection holds texts of \d+ bytes, more than the accepted 8388608/],
      ] as const) {
        await rejects(() => partitions.measure(partition, { selection }), "too_large", message);
        await rejects(() => collect(partitions.read(partition, { selection })), "too_large", message);
        await rejects(() => partitions.drop(partition, { selection, expect: { rows: 2 } }), "too_large", message);
      }
      assert.equal(await audit.count(), 2);
    },
  },
  {
    id: "partitions.restore.too-large",
    title: "more events than one restore may have are refused, and none of them is stored",
    async run({ storage }) {
      const { audit, partitions } = await storage(ANY_TIME);
      const [one] = events(1);
      const stored = { ...one, eventId: uuid(1), recordedAt: new Date(NOW), dryRun: false };
      await rejects(() => partitions.restore(Array(restoredEvents + 1).fill(stored) as never), "too_large", {
        option: "events",
        message: /^events has 10001 events, more than the accepted 10000\. Restore in parts\./,
      });
      assert.equal(await audit.count(), 0);
    },
  },
  {
    id: "policies.save.too-large",
    title: "a source of more than 1 MiB is refused by its bytes, and nothing is stored",
    async run({ storage }) {
      const { policies } = await storage(ANY_TIME);
      const source = `a: ${"é".repeat(512 * 1024)}`;
      for (const given of [source, Buffer.from(source)]) {
        await rejects(() => policies.save({ name: "p", source: given }, { actor: "ops" }), "too_large", {
          option: "policy.source",
          message: /^policy\.source takes 1048579 bytes, more than the accepted 1048576/,
        });
      }
      assert.deepEqual(await policies.list(), []);
    },
  },
  {
    id: "policies.save.hostile-yaml",
    title:
      "YAML with too many anchors, aliases or levels is refused by the limit that it breaks, and nothing is stored",
    async run({ storage }) {
      const { policies } = await storage(ANY_TIME);
      const anchored = many(1001).map((_, n) => `- &a${n} x\n`);
      const bomb = many(30).map((_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}]\n`);
      for (const [source, message] of [
        [anchored.join(""), /^policy\.source has more than 1000 anchors/],
        [`- &a x\n${"- *a\n".repeat(200_000)}`, /^policy\.source has more than 1000 aliases/],
        [`a0: &a0 [x, x]\n${bomb.join("")}`, /^policy\.source expands to more than 250000 values/],
        ["[".repeat(1024 * 1024), /^policy\.source is nested deeper than 200 levels/],
      ] as const) {
        await rejects(() => policies.save({ name: "p", source }, { actor: "ops" }), "too_large", {
          option: "policy.source",
          message,
        });
      }
      assert.deepEqual(await policies.list(), []);
      const source = anchored.slice(1).join("");
      assert.deepEqual((await policies.save({ name: "p", source }, { actor: "ops" })).document, Array(1000).fill("x"));
    },
  },
  {
    id: "agents.metadata.too-large",
    title: "metadata of more than 64 KiB is refused at registration and in a change",
    async run({ storage }) {
      const { agents } = await storage(ANY_TIME);
      const metadata = { text: "x".repeat(64 * 1024) };
      const message = /metadata takes 65547 bytes as JSON, more than the accepted 65536/;
      await rejects(() => agents.register({ agentId: "a", metadata }), "too_large", message);
      await agents.register({ agentId: "a", metadata: { text: "x" } });
      await rejects(() => agents.update("a", { metadata }), "too_large", message);
      assert.deepEqual((await agents.get("a"))?.metadata, { text: "x" });
    },
  },
]);
