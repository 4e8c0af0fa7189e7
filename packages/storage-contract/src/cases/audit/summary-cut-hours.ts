import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { NewAuditEvent, StorageBackend, SummaryRow } from "@agent-assembly/storage-core";
import { defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { ANY_TIME, event, NOW } from "../../support/fixtures.js";

const HOUR = 3_600_000;
const MINUTE = 60_000;
const GROUPS = 15;
/** So many are worth counting at once, where counts are kept. */
const COUNT = 6000;
const START = NOW - 3 * HOUR;

/** Every two seconds until some minutes behind the clock. The last ten minutes of each hour have groups of their own, and many. */
function spread(n: number): NewAuditEvent {
  const ts = START + n * 2000;
  const isLast = ts % HOUR >= 50 * MINUTE;
  return event(n, {
    ts: new Date(ts),
    agentId: isLast ? `rare-${n % 40}` : `agent-${n % 3}`,
    decision: isLast ? "deny" : n % 2 === 0 ? "allow" : "redact",
  });
}

/** Late ones: one in each quarter of an hour. */
const LATE = Array.from({ length: 14 }, (_, n) =>
  event(COUNT + n, { ts: new Date(START + n * 15 * MINUTE + 1), decision: n % 4 === 3 ? "deny" : "allow" }),
);

/** Minutes behind the first event. */
const RANGES: readonly (readonly [from: number, to: number])[] = [
  [10, 160],
  [50, 130],
  [10, 130],
  [50, 170],
  [0, 50],
  [10, 60],
  // Within one hour.
  [65, 110],
  [85, 95],
  [70, 110],
  // Until the clock, before it and behind it.
  [0, 180],
  [20, 185],
  [60, 240],
  [179, 230],
];

/** Groups with their counts, in order, as a text each. */
function shown(rows: readonly SummaryRow[]): string[] {
  return rows.map(({ bucket, key, count }) => `${bucket?.toISOString()} ${Object.values(key)} ${count}`);
}

function expected(events: readonly NewAuditEvent[], group: (event: NewAuditEvent) => string): string[] {
  const counts = new Map<string, number>();
  for (const one of events) counts.set(group(one), (counts.get(group(one)) ?? 0) + 1);
  return [...counts].map(([name, count]) => `${name} ${count}`).toSorted();
}

async function compare({ audit }: StorageBackend, stored: readonly NewAuditEvent[]): Promise<void> {
  for (const [first, end] of RANGES) {
    const filter = { from: new Date(START + first * MINUTE), to: new Date(START + end * MINUTE) };
    const within = stored.filter(({ ts }) => ts >= filter.from && ts < filter.to);
    const what = `minutes ${first} to ${end}`;
    assert.equal(await audit.count(filter), within.length, what);
    const decisions = await audit.summarize(filter, { groupBy: ["decision"] });
    assert.deepEqual(
      shown(decisions),
      expected(within, ({ decision }) => `undefined ${decision}`),
      what,
    );
    const hourly = await audit.summarize(filter, { groupBy: ["decision"], bucket: { every: "1h" } });
    const hourOf = ({ ts }: NewAuditEvent): string => new Date(Math.floor(ts.getTime() / HOUR) * HOUR).toISOString();
    assert.deepEqual(
      shown(hourly),
      expected(within, (one) => `${hourOf(one)} ${one.decision}`),
      what,
    );
    const agents = expected(within, ({ agentId }) => `undefined ${agentId}`);
    const byAgent = () => audit.summarize(filter, { groupBy: ["agentId"] });
    if (agents.length > GROUPS) await rejects(byAgent, "invalid_argument", /more than 15 groups/);
    else assert.deepEqual(shown(await byAgent()), agents, what);
  }
}

/** Until most events are in the counts, where those are kept; they may be never. */
async function counted({ audit, capabilities }: StorageBackend): Promise<void> {
  // What is gone with the process keeps none.
  if (capabilities.durability.status !== "supported") return;
  for (let n = 0; n < 20; n++) {
    const { source, uncounted } = await audit.explain();
    if (source !== "events" && uncounted < COUNT / 2) return;
    await sleep(100);
  }
}

/** What is asked of a part of an hour. */
export const cutHourCases = defineCases([
  {
    id: "audit.summary.cut-hours",
    title:
      "ranges that cut hours are counted exactly; what is in an hour's other part has no groups, nor reaches their limit",
    async run({ storage }) {
      const backend = await storage({ ...ANY_TIME, limits: { ...ANY_TIME.limits, maxSummaryGroups: GROUPS } });
      const stored = Array.from({ length: COUNT }, (_, n) => spread(n));
      await backend.audit.append(stored);
      await compare(backend, stored);
      await counted(backend);
      await compare(backend, stored);
      await backend.audit.append(LATE);
      await compare(backend, [...stored, ...LATE]);
    },
  },
]);
