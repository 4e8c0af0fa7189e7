import assert from "node:assert/strict";
import type { AuditEvent, NewAuditEvent, StorageBackend, SummaryRequest } from "@agent-assembly/storage-core";
import { defineCases } from "../../contract-case.js";
import { collect, rejects } from "../../support/assert.js";
import { ANY_TIME, event, NOW } from "../../support/fixtures.js";

const DAY = 86_400_000;
/** Midnights; the first two are of one month, and all far enough apart for partitions of their own. */
const DAYS = [Date.UTC(2024, 0, 3), Date.UTC(2024, 0, 20), Date.UTC(2025, 5, 1)];
const TOOLS = ["read", "write", undefined];

/** Nine events on each of {@link DAYS}: three tools by three agents, of which the last is denied. */
function daily(): NewAuditEvent[] {
  return DAYS.flatMap((start, day) =>
    Array.from({ length: 9 }, (_, n) => {
      const tool = TOOLS[n % 3];
      return event(day * 10 + n, {
        ts: new Date(start + n * 3_600_000),
        agentId: `agent-${Math.floor(n / 3)}`,
        decision: n > 5 ? "deny" : "allow",
        dryRun: n === 8,
        sessionId: `session-${n}`,
        ...(tool !== undefined && { payload: { tool, n } }),
      });
    }),
  );
}

interface Filled {
  readonly backend: StorageBackend;
  readonly events: readonly AuditEvent[];
}

async function filled(backend: StorageBackend): Promise<Filled> {
  await backend.audit.append(daily());
  return { backend, events: await collect(backend.audit.stream()) };
}

/** Drops what the partition of a day holds, or a part of it. */
async function dropDay({ backend }: Filled, start: number, options: { agentId?: string; keepCounts?: boolean } = {}) {
  const { agentId, ...rest } = options;
  const partitions = await backend.partitions.list("audit");
  const partition = partitions.find(({ from, to }) => from.getTime() <= start && to.getTime() > start);
  assert.ok(partition);
  const slice = agentId === undefined ? {} : { selection: { only: [{ agentId }] } };
  const { rows } = await backend.partitions.measure(partition, slice);
  await backend.partitions.drop(partition, { ...slice, ...rest, expect: { rows } });
}

const QUESTIONS: readonly SummaryRequest[] = [
  {},
  { groupBy: ["decision"] },
  { groupBy: ["agentId", "tool"] },
  { groupBy: ["teamId", "matchedRuleId", "dryRun", "action"] },
  { bucket: { every: "1d" }, groupBy: ["decision"] },
  { bucket: { every: "1w" } },
  { bucket: { every: "1mo" }, groupBy: ["tool"] },
  { groupBy: ["agent.metadata.owner"] },
];
const FILTERS = [
  {},
  { agentId: ["agent-0", "agent-2"], dryRun: false },
  { tool: "read", from: new Date(DAYS[0] as number), to: new Date((DAYS[1] as number) + DAY) },
  { from: new Date(DAYS[1] as number) },
];

/** The answers to all questions. */
async function answers({ audit }: StorageBackend, includeDropped: boolean): Promise<unknown[]> {
  const asked = FILTERS.flatMap((filter) => QUESTIONS.map((request) => ({ filter, request })));
  const given: unknown[] = [];
  for (const { filter, request } of asked) given.push(await audit.summarize(filter, { ...request, includeDropped }));
  return given;
}

export const droppedCountCases = defineCases([
  {
    id: "audit.dropped-counts.stay",
    title: "counts of dropped events stay, and count when they are asked for",
    async run({ storage }) {
      const log = await filled(await storage(ANY_TIME));
      const before = await answers(log.backend, true);
      assert.deepEqual(before, await answers(log.backend, false));
      await dropDay(log, DAYS[0] as number);
      await dropDay(log, DAYS[2] as number, { agentId: "agent-2" });
      assert.deepEqual(await answers(log.backend, true), before);
      assert.deepEqual(await log.backend.audit.summarize(), [{ key: {}, count: 15 }]);
      assert.equal(await log.backend.audit.count(), 15);
      await dropDay(log, DAYS[1] as number);
      await dropDay(log, DAYS[2] as number);
      assert.deepEqual(await answers(log.backend, true), before);
      assert.deepEqual(await log.backend.audit.summarize({}, { groupBy: ["tool"] }), []);
    },
  },
  {
    id: "audit.dropped-counts.with-new-events",
    title: "later events of a day whose events were dropped are added to its counts",
    async run({ storage }) {
      const log = await filled(await storage(ANY_TIME));
      await dropDay(log, DAYS[0] as number);
      const late = { ...event(900), ts: new Date((DAYS[0] as number) + 1), agentId: "agent-0" };
      await log.backend.audit.append([late]);
      const filter = { agentId: "agent-0", to: new Date((DAYS[0] as number) + DAY) };
      const counted = (includeDropped: boolean) => log.backend.audit.summarize(filter, { includeDropped });
      assert.deepEqual(await counted(true), [{ key: {}, count: 4 }]);
      assert.deepEqual(await counted(false), [{ key: {}, count: 1 }]);
    },
  },
  {
    id: "audit.dropped-counts.restored",
    title: "a dropped event that is restored counts once, however often it is restored",
    async run({ storage }) {
      const log = await filled(await storage(ANY_TIME));
      const before = await answers(log.backend, true);
      const dropped = log.events.filter(({ ts }) => ts.getTime() < (DAYS[0] as number) + DAY);
      await dropDay(log, DAYS[0] as number);
      for (const part of [dropped.slice(0, 4), dropped, dropped]) {
        await log.backend.partitions.restore(part);
        assert.deepEqual(await answers(log.backend, true), before);
      }
      assert.deepEqual(await answers(log.backend, false), before);
      await dropDay(log, DAYS[0] as number);
      assert.deepEqual(await answers(log.backend, true), before);
    },
  },
  {
    id: "audit.dropped-counts.not-kept",
    title: "counts of events that are dropped with keepCounts false are gone with them",
    async run({ storage }) {
      const log = await filled(await storage(ANY_TIME));
      await dropDay(log, DAYS[0] as number, { keepCounts: false });
      await dropDay(log, DAYS[1] as number, { keepCounts: false, agentId: "agent-1" });
      assert.deepEqual(await log.backend.audit.summarize({}, { includeDropped: true }), [{ key: {}, count: 15 }]);
      assert.deepEqual(await answers(log.backend, true), await answers(log.backend, false));
      const partition = (await log.backend.partitions.list("audit"))[0] ?? assert.fail();
      const drop = { expect: { rows: partition.rows }, keepCounts: "no" as never };
      await rejects(() => log.backend.partitions.drop(partition, drop), "invalid_argument", /options\.keepCounts/);
    },
  },
  {
    id: "audit.dropped-counts.refused",
    title: "what cannot be said of dropped events is refused, not left out",
    async run({ storage }) {
      const { audit } = await storage(ANY_TIME);
      const midnight = new Date(Math.floor(NOW / DAY) * DAY);
      const noon = new Date(midnight.getTime() + DAY / 2);
      for (const [filter, request, problem] of [
        [{ sessionId: "s" }, {}, /kept by agentId, teamId/],
        [{ payload: { "/tool": "t" } }, {}, /kept by agentId, teamId/],
        [{}, { groupBy: ["orgId"] }, /by orgId: /],
        [{ from: noon }, {}, /filter\.from is 2026-03-15T12:00:00\.000Z/],
        [{ from: midnight, to: noon }, {}, /filter\.to is 2026-03-15T12/],
        [{}, { bucket: { every: "1h" } }, /buckets of 1h in UTC/],
        [{}, { bucket: { every: "1d", timeZone: "Europe/Berlin" } }, /buckets of 1d in Europe\/Berlin/],
        [{}, { includeDropped: 1 as never }, /must be true or false/],
      ] as const) {
        const asked = () => audit.summarize(filter, { includeDropped: true, ...request });
        await rejects(asked, "invalid_argument", /request\.includeDropped/);
        await rejects(asked, "invalid_argument", problem);
      }
      const empty = { from: noon, to: noon };
      await rejects(() => audit.summarize(empty, { includeDropped: true }), "invalid_argument", /midnight/i);
    },
  },
]);
