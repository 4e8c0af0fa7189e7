import assert from "node:assert/strict";
import type { NewAuditEvent, StorageBackend, SummaryDimension, SummaryRequest } from "@agent-assembly/storage-core";
import { AUDIT_EVENT_COLUMNS, type AuditEventColumn } from "@agent-assembly/storage-core/backend";
import { type CaseContext, defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { ANY_TIME, event, events, NOW, optionalTexts, UNRECORDED } from "../../support/fixtures.js";

/** Stores that hold events of the given instants, by these. */
const filled = new WeakMap<readonly string[], Promise<StorageBackend>>();

async function fill({ storage }: CaseContext, times: readonly string[]): Promise<StorageBackend> {
  const backend = await storage(ANY_TIME);
  await backend.audit.append(times.map((time, n) => event(n, { ts: new Date(time) })));
  return backend;
}

/** Starts and counts of the buckets the given instants fall into. @param times the same array means the same store */
async function buckets(
  context: CaseContext,
  times: readonly string[],
  every: string,
  timeZone?: string,
): Promise<[string, number][]> {
  const store = filled.get(times) ?? fill(context, times);
  filled.set(times, store);
  const backend = await store;
  const rows = await backend.audit.summarize({}, { bucket: timeZone === undefined ? { every } : { every, timeZone } });
  for (const row of rows) assert.deepEqual(row.key, {});
  return rows.map(({ bucket, count }) => [bucket?.toISOString() ?? "none", count]);
}

/** Every half hour of a range. */
function halfHours(from: string, to: string): string[] {
  const times: string[] = [];
  for (let ms = Date.parse(from); ms < Date.parse(to); ms += 1_800_000) times.push(new Date(ms).toISOString());
  return times;
}

/** Asserts that a day of {@link halfHours}, whatever its length, is two in each hour. */
async function twoPerHour(context: CaseContext, times: readonly string[]): Promise<void> {
  const starts = times.filter((_, n) => n % 2 === 0);
  assert.deepEqual(
    await buckets(context, times, "1h", BERLIN),
    starts.map((time) => [time, 2]),
  );
}

const BERLIN = "Europe/Berlin";

const NULLABLE_DIMENSIONS = AUDIT_EVENT_COLUMNS.filter(
  (column): column is Extract<AuditEventColumn, { dimension: true; nullable: true }> =>
    "dimension" in column && column.nullable,
);

export const summaryCases = defineCases([
  {
    id: "audit.summary.count",
    title: "count and the summary without bucket and dimensions agree, also on nothing",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      assert.equal(await backend.audit.count(), 0);
      assert.deepEqual(await backend.audit.summarize(), [{ key: {}, count: 0 }]);
      assert.deepEqual(await backend.audit.summarize({}, { groupBy: [] }), [{ key: {}, count: 0 }]);
      assert.deepEqual(await backend.audit.summarize({}, { groupBy: ["action"] }), []);
      assert.deepEqual(await backend.audit.summarize({}, { bucket: { every: "1h" } }), []);
      await backend.audit.append(events(2500, (n) => ({ decision: n % 5 === 0 ? "deny" : "allow" })));
      assert.equal(await backend.audit.count(), 2500);
      assert.equal(await backend.audit.count({ decision: "deny" }), 500);
      assert.deepEqual(await backend.audit.summarize(), [{ key: {}, count: 2500 }]);
      assert.deepEqual(await backend.audit.summarize({ decision: "deny" }), [{ key: {}, count: 500 }]);
      assert.deepEqual(await backend.audit.summarize({ decision: [] }), [{ key: {}, count: 0 }]);
    },
  },
  {
    id: "audit.summary.every-dimension",
    title: "each dimension counts by its member; events without it count under null, which comes last",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const members: Partial<NewAuditEvent> = {
        agentId: "b",
        action: "b",
        decision: "b",
        ...optionalTexts(() => "b"),
        payload: { tool: "b" },
        dryRun: true,
      };
      const bare = { agentId: "a", action: "a", decision: "a" };
      await backend.audit.append([event(0, bare), event(1, members), event(2, members)]);
      const rows = (dimension: SummaryDimension) => backend.audit.summarize({}, { groupBy: [dimension] });
      for (const name of ["agentId", "action", "decision"] as const) {
        assert.deepEqual(await rows(name), [
          { key: { [name]: "a" }, count: 1 },
          { key: { [name]: "b" }, count: 2 },
        ]);
      }
      for (const { member: name } of NULLABLE_DIMENSIONS) {
        assert.deepEqual(await rows(name), [
          { key: { [name]: "b" }, count: 2 },
          { key: { [name]: null }, count: 1 },
        ]);
      }
      assert.deepEqual(await rows("dryRun"), [
        { key: { dryRun: false }, count: 1 },
        { key: { dryRun: true }, count: 2 },
      ]);
    },
  },
  {
    id: "audit.summary.several-dimensions",
    title: "several dimensions group together and sort in the order they were asked for",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const rows: [string, string | undefined, number][] = [
        ["allow", "t2", 1],
        ["allow", undefined, 2],
        ["deny", "t1", 3],
        ["deny", "t2", 1],
      ];
      const batch = rows.flatMap(([decision, teamId, count], r) =>
        Array.from({ length: count }, (_, n) =>
          event(r * 10 + n, { decision, ...(teamId !== undefined && { teamId }) }),
        ),
      );
      await backend.audit.append(batch.toReversed());
      assert.deepEqual(await backend.audit.summarize({}, { groupBy: ["decision", "teamId"] }), [
        { key: { decision: "allow", teamId: "t2" }, count: 1 },
        { key: { decision: "allow", teamId: null }, count: 2 },
        { key: { decision: "deny", teamId: "t1" }, count: 3 },
        { key: { decision: "deny", teamId: "t2" }, count: 1 },
      ]);
      const swapped = await backend.audit.summarize({}, { groupBy: ["teamId", "decision"] });
      assert.deepEqual(swapped, [
        { key: { teamId: "t1", decision: "deny" }, count: 3 },
        { key: { teamId: "t2", decision: "allow" }, count: 1 },
        { key: { teamId: "t2", decision: "deny" }, count: 1 },
        { key: { teamId: null, decision: "allow" }, count: 2 },
      ]);
      assert.deepEqual(Object.keys(swapped[0]?.key ?? {}), ["teamId", "decision"]);
    },
  },
  {
    id: "audit.summary.code-point-order",
    title: "groups sort by Unicode code point, whatever the locale",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const sorted = [
        "!",
        "10",
        "2",
        "A",
        "Z",
        "_",
        "a",
        "aa",
        "null",
        "z",
        "ä",
        "\ue000",
        "\uffff",
        "\u{10000}",
        "😀",
      ];
      await backend.audit.append(
        [...sorted.toReversed(), undefined].map((teamId, n) => event(n, teamId === undefined ? {} : { teamId })),
      );
      const rows = await backend.audit.summarize({}, { groupBy: ["teamId"] });
      assert.deepEqual(
        rows.map(({ key }) => key.teamId),
        [...sorted, null],
      );
    },
  },
  {
    id: "audit.summary.bucket-and-key",
    title: "with a bucket rows sort by bucket, then by key; empty buckets are left out",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const hour = 3_600_000;
      const at = (hours: number, decision: string, n: number) =>
        event(n, { ts: new Date(NOW + hours * hour), decision });
      await backend.audit.append([
        at(5, "allow", 0),
        at(0, "deny", 1),
        at(0.5, "allow", 2),
        at(0.9, "deny", 3),
        at(-1, "x", 4),
      ]);
      assert.deepEqual(await backend.audit.summarize({}, { bucket: { every: "1h" }, groupBy: ["decision"] }), [
        { bucket: new Date(NOW - hour), key: { decision: "x" }, count: 1 },
        { bucket: new Date(NOW), key: { decision: "allow" }, count: 1 },
        { bucket: new Date(NOW), key: { decision: "deny" }, count: 2 },
        { bucket: new Date(NOW + 5 * hour), key: { decision: "allow" }, count: 1 },
      ]);
    },
  },
  {
    id: "audit.summary.utc-buckets",
    title: "UTC buckets begin at whole units, weeks on Monday, months on the first, each to the millisecond",
    async run(context) {
      const times = [
        "2026-02-28T23:59:59.999Z",
        "2026-03-01T00:00:00.000Z",
        "2026-03-01T00:04:59.999Z",
        "2026-03-01T00:05:00.000Z",
        "2026-03-02T00:00:00.000Z",
      ];
      const midnight = (day: string): string => `2026-${day}T00:00:00.000Z`;
      assert.deepEqual(await buckets(context, times, "5m"), [
        ["2026-02-28T23:55:00.000Z", 1],
        [midnight("03-01"), 2],
        ["2026-03-01T00:05:00.000Z", 1],
        [midnight("03-02"), 1],
      ]);
      assert.deepEqual(await buckets(context, times, "1h"), [
        ["2026-02-28T23:00:00.000Z", 1],
        [midnight("03-01"), 3],
        [midnight("03-02"), 1],
      ]);
      assert.deepEqual(await buckets(context, times, "1d"), [
        [midnight("02-28"), 1],
        [midnight("03-01"), 3],
        [midnight("03-02"), 1],
      ]);
      assert.deepEqual(await buckets(context, times, "1w"), [
        [midnight("02-23"), 4],
        [midnight("03-02"), 1],
      ]);
      assert.deepEqual(await buckets(context, times, "1mo", "UTC"), [
        [midnight("02-01"), 1],
        [midnight("03-01"), 4],
      ]);
    },
  },
  {
    id: "audit.summary.before-epoch",
    title: "buckets before 1970 begin at whole units too",
    async run(context) {
      const times = ["1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00.000Z", "1600-02-29T12:00:00.001Z"];
      const leapDay = "1600-02-29T00:00:00.000Z";
      const epoch = "1970-01-01T00:00:00.000Z";
      assert.deepEqual(await buckets(context, times, "1h"), [
        ["1600-02-29T12:00:00.000Z", 1],
        ["1969-12-31T23:00:00.000Z", 1],
        [epoch, 1],
      ]);
      assert.deepEqual(await buckets(context, times, "1d"), [
        [leapDay, 1],
        ["1969-12-31T00:00:00.000Z", 1],
        [epoch, 1],
      ]);
      assert.deepEqual((await buckets(context, times, "1w")).slice(1), [["1969-12-29T00:00:00.000Z", 2]]);
      assert.deepEqual(await buckets(context, times, "1mo"), [
        ["1600-02-01T00:00:00.000Z", 1],
        ["1969-12-01T00:00:00.000Z", 1],
        [epoch, 1],
      ]);
    },
  },
  {
    id: "audit.summary.clocks-forward",
    title: "on the day the clocks go forward (Berlin) the day has 23 hours and its last bucket is short",
    async run(context) {
      const times = halfHours("2026-03-28T22:00:00Z", "2026-03-30T00:00:00Z");
      assert.deepEqual(await buckets(context, times, "1d", BERLIN), [
        ["2026-03-27T23:00:00.000Z", 2],
        ["2026-03-28T23:00:00.000Z", 46],
        ["2026-03-29T22:00:00.000Z", 4],
      ]);
      assert.deepEqual(await buckets(context, times, "6h", BERLIN), [
        ["2026-03-28T17:00:00.000Z", 2],
        ["2026-03-28T23:00:00.000Z", 12],
        ["2026-03-29T05:00:00.000Z", 12],
        ["2026-03-29T11:00:00.000Z", 12],
        ["2026-03-29T17:00:00.000Z", 10],
        ["2026-03-29T22:00:00.000Z", 4],
      ]);
      await twoPerHour(context, times);
    },
  },
  {
    id: "audit.summary.clocks-back",
    title: "on the day the clocks go back (Berlin) the day has 25 hours and a last bucket more",
    async run(context) {
      const times = halfHours("2026-10-24T21:00:00Z", "2026-10-26T01:00:00Z");
      assert.deepEqual(await buckets(context, times, "1d", BERLIN), [
        ["2026-10-23T22:00:00.000Z", 2],
        ["2026-10-24T22:00:00.000Z", 50],
        ["2026-10-25T23:00:00.000Z", 4],
      ]);
      assert.deepEqual(await buckets(context, times, "6h", BERLIN), [
        ["2026-10-24T16:00:00.000Z", 2],
        ["2026-10-24T22:00:00.000Z", 12],
        ["2026-10-25T04:00:00.000Z", 12],
        ["2026-10-25T10:00:00.000Z", 12],
        ["2026-10-25T16:00:00.000Z", 12],
        ["2026-10-25T22:00:00.000Z", 2],
        ["2026-10-25T23:00:00.000Z", 4],
      ]);
      await twoPerHour(context, times);
    },
  },
  {
    id: "audit.summary.zoned-weeks-and-months",
    title: "weeks and months of a time zone begin at its midnight",
    async run(context) {
      const times = ["2026-03-29T21:59:59.999Z", "2026-03-29T22:00:00.000Z", "2026-03-31T22:00:00.000Z"];
      assert.deepEqual(await buckets(context, times, "1w", BERLIN), [
        ["2026-03-22T23:00:00.000Z", 1],
        ["2026-03-29T22:00:00.000Z", 2],
      ]);
      assert.deepEqual(await buckets(context, times, "1mo", BERLIN), [
        ["2026-02-28T23:00:00.000Z", 2],
        ["2026-03-31T22:00:00.000Z", 1],
      ]);
      assert.deepEqual(await buckets(context, ["2026-01-01T00:00:00.000Z"], "1h", "Asia/Kathmandu"), [
        ["2025-12-31T23:15:00.000Z", 1],
      ]);
    },
  },
  {
    id: "audit.summary.agent-metadata",
    title: "agent.metadata.KEY joins string members of registered agents; anything else counts under null",
    async run({ storage }) {
      const backend = await storage(UNRECORDED);
      const metadata = {
        a: { tier: "gold" },
        b: { tier: "gold", "x.y'\"": "odd" },
        c: { tier: 7 },
        d: {},
        e: { tier: null },
      };
      for (const [agentId, value] of Object.entries(metadata))
        await backend.agents.register({ agentId, metadata: value });
      await backend.audit.append(
        ["a", "b", "c", "d", "e", "unregistered", "a"].map((agentId, n) => event(n, { agentId })),
      );
      const by = (...dimensions: SummaryDimension[]) => backend.audit.summarize({}, { groupBy: dimensions });
      assert.deepEqual(await by("agent.metadata.tier"), [
        { key: { "agent.metadata.tier": "gold" }, count: 3 },
        { key: { "agent.metadata.tier": null }, count: 4 },
      ]);
      assert.deepEqual(await by("agent.metadata.x.y'\""), [
        { key: { "agent.metadata.x.y'\"": "odd" }, count: 1 },
        { key: { "agent.metadata.x.y'\"": null }, count: 6 },
      ]);
      assert.deepEqual(await by("agent.metadata.toString"), [{ key: { "agent.metadata.toString": null }, count: 7 }]);
      await backend.agents.update("a", { metadata: { tier: "silver" } });
      await backend.agents.remove("b");
      assert.deepEqual(await by("agent.metadata.tier", "agentId"), [
        { key: { "agent.metadata.tier": "silver", agentId: "a" }, count: 2 },
        ...["b", "c", "d", "e", "unregistered"].map((agent) => ({
          key: { "agent.metadata.tier": null, agentId: agent },
          count: 1,
        })),
      ]);
    },
  },
  {
    id: "audit.summary.bad-requests",
    title: "unknown dimensions are refused with a hint, as are doubles, unknown keys and bad buckets",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const bad: [unknown, RegExp][] = [
        [{ groupBy: ["desision"] }, /unknown dimension.*Did you mean "decision"/],
        [{ groupBy: ["agent.metadata."] }, /unknown dimension/],
        [{ groupBy: ["toString"] }, /unknown dimension/],
        [{ groupBy: [7] }, /unknown dimension/],
        [{ groupBy: ["action", "action"] }, /twice/],
        [{ groupBy: "action" }, /array/],
        [{ group: ["action"] }, /unknown key "group"/],
        [{ bucket: { every: "7m" } }, /bucket\.every/],
        [{ bucket: { every: "2d" } }, /bucket\.every/],
        [{ bucket: { every: "0h" } }, /bucket\.every/],
        [{ bucket: { every: "1h", timeZone: "Europe/Nowhere" } }, /timeZone/],
        [{ bucket: { every: "1h", zone: "UTC" } }, /unknown key "zone"/],
        [{ bucket: "1h" }, /bucket/],
      ];
      for (const [request, message] of bad) {
        await rejects(() => backend.audit.summarize({}, request as SummaryRequest), "invalid_argument", message);
      }
    },
  },
]);
