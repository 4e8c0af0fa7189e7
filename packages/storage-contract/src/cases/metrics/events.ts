import assert from "node:assert/strict";
import type { MetricQuery, NewAuditEvent } from "@agent-assembly/storage-core";
import { defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { ANY_TIME, event, UNRECORDED } from "../../support/fixtures.js";
import { assertClose, HOUR, MINUTE, over, points, T0, totals } from "./support.js";

/** An event at `offset` milliseconds from {@link T0}. */
function occurred(n: number, offset: number, members: Partial<NewAuditEvent> = {}): NewAuditEvent {
  return event(n, { ts: new Date(T0 + offset), ...members });
}

const EVENTS: NewAuditEvent[] = [
  occurred(0, 0, { agentId: "a", teamId: "t", payload: { tool: "mail" } }),
  occurred(1, 1, { agentId: "a", decision: "deny", payload: { tool: "mail" } }),
  occurred(2, 2, { agentId: "b", teamId: "u", sessionId: "s", payload: { tool: "search" }, dryRun: true }),
  occurred(3, 3, { agentId: "b", action: "message", decision: "deny", matchedRuleId: "r" }),
  occurred(4, 4, { agentId: "c", action: "approval", decision: "pending" }),
  occurred(5, 5, { agentId: "c" }),
];

/** A decided approval that waited for `latencyMs`. */
function decided(n: number, offset: number, latencyMs: unknown, members: Partial<NewAuditEvent> = {}): NewAuditEvent {
  const payload = { tool: "mail", latencyMs } as NonNullable<NewAuditEvent["payload"]>;
  return occurred(n, offset, { action: "approval", payload, ...members });
}

/** Metrics that are answered from the audit log. */
export const eventMetricCases = defineCases([
  {
    id: "metrics.events.counts",
    title: "events, denials and tool calls are counted by agent, team and label, null last",
    async run({ storage }) {
      const { audit, metrics } = await storage(ANY_TIME);
      await audit.append(EVENTS);
      const of = async (metric: string, ...groupBy: NonNullable<MetricQuery["groupBy"]>) =>
        totals(await metrics.query(over(0, HOUR, { metric, groupBy })));
      assert.deepEqual(await metrics.query(over(0, HOUR, { metric: "events" })), [
        { key: {}, unit: "events", points: [{ ts: new Date(T0), value: 6 }] },
      ]);
      assert.deepEqual(await of("events", "agentId"), [
        [{ agentId: "a" }, 2],
        [{ agentId: "b" }, 2],
        [{ agentId: "c" }, 2],
      ]);
      assert.deepEqual(await of("denials"), [[{}, 2]]);
      assert.deepEqual(await of("denials", "agentId", "labels.matchedRuleId"), [
        [{ agentId: "a", "labels.matchedRuleId": null }, 1],
        [{ agentId: "b", "labels.matchedRuleId": "r" }, 1],
      ]);
      assert.deepEqual(await of("tool.calls", "agentId"), [
        [{ agentId: "a" }, 2],
        [{ agentId: "b" }, 1],
        [{ agentId: "c" }, 1],
      ]);
      assert.deepEqual(await of("tool.calls", "labels.tool"), [
        [{ "labels.tool": "mail" }, 2],
        [{ "labels.tool": "search" }, 1],
        [{ "labels.tool": null }, 1],
      ]);
      assert.deepEqual(await of("events", "teamId"), [
        [{ teamId: "t" }, 1],
        [{ teamId: "u" }, 1],
        [{ teamId: null }, 4],
      ]);
      assert.deepEqual(await of("events", "labels.decision"), [
        [{ "labels.decision": "allow" }, 3],
        [{ "labels.decision": "deny" }, 2],
        [{ "labels.decision": "pending" }, 1],
      ]);
      assert.deepEqual(await of("events", "labels.dryRun"), [
        [{ "labels.dryRun": "false" }, 5],
        [{ "labels.dryRun": "true" }, 1],
      ]);
    },
  },
  {
    id: "metrics.events.filters",
    title: "agents, teams and labels filter events; a value that no event can have matches none",
    async run({ storage }) {
      const { audit, metrics } = await storage(ANY_TIME);
      await audit.append(EVENTS);
      const expected: [Partial<MetricQuery>, number | undefined][] = [
        [{ agentId: ["a", "b"] }, 4],
        [{ agentId: "b", teamId: "u" }, 1],
        [{ agentId: [] }, undefined],
        [{ labels: { tool: "mail" } }, 2],
        [{ labels: { tool: "mail", decision: "deny" } }, 1],
        [{ labels: { tool: "absent" } }, undefined],
        [{ labels: { tool: "absent" }, aggregate: "avg" }, undefined],
        [{ labels: { tool: "absent" }, aggregate: "p50", bucket: { every: "1h" }, fill: "zero" }, undefined],
        [{ labels: { sessionId: "s" } }, 1],
        [{ labels: { dryRun: "true" } }, 1],
        [{ labels: { dryRun: "false" } }, 5],
        [{ labels: { dryRun: "yes" } }, undefined],
        [{ labels: { action: "message" } }, 1],
        [{ metric: "denials", labels: { decision: "deny" } }, 2],
        [{ metric: "denials", labels: { decision: "allow" } }, undefined],
        [{ metric: "tool.calls", labels: { action: "tool_call" } }, 4],
        [{ metric: "tool.calls", labels: { action: "message" } }, undefined],
        [{ metric: "tool.calls", labels: { decision: "deny" }, agentId: "a" }, 1],
        [{ metric: "Events" }, undefined],
      ];
      for (const [members, value] of expected) {
        const series = await metrics.query(over(0, HOUR, { metric: "events", ...members }));
        assert.equal(series[0]?.points[0]?.value, value, JSON.stringify(members));
        assert.equal(series.length, value === undefined ? 0 : 1);
      }
    },
  },
  {
    id: "metrics.events.agent-metadata",
    title: "events can be grouped by their agents' metadata, as summaries are",
    async run({ storage }) {
      const { agents, audit, metrics } = await storage(UNRECORDED);
      await agents.register({ agentId: "a", metadata: { tier: "gold", "x.y": 1 } });
      await agents.register({ agentId: "b", metadata: { tier: "silver" } });
      await audit.append(EVENTS);
      const query = over(0, HOUR, { metric: "events", groupBy: ["labels.agent.metadata.tier"] });
      assert.deepEqual(totals(await metrics.query(query)), [
        [{ "labels.agent.metadata.tier": "gold" }, 2],
        [{ "labels.agent.metadata.tier": "silver" }, 2],
        [{ "labels.agent.metadata.tier": null }, 2],
      ]);
      const { metric, from, to } = query;
      const top = await metrics.top({ metric, from, to, by: ["agentId", "labels.agent.metadata.x.y"], limit: 1 });
      assert.deepEqual(top.rows[0]?.key, { agentId: "a", "labels.agent.metadata.x.y": null });
      assert.deepEqual(await metrics.labelValues({ metric, by: "labels.agent.metadata.tier", limit: 1 }), {
        values: [{ value: "gold", samples: 2 }],
        total: 3,
      });
      const filtered = { ...query, labels: { "agent.metadata.tier": "gold" } };
      await rejects(() => metrics.query(filtered), "invalid_argument", { option: "query.labels" });
    },
  },
  {
    id: "metrics.events.range-and-buckets",
    title: "events count in [from, to) at the millisecond, in buckets with every fill, and at once when they come late",
    async run({ storage }) {
      const { audit, metrics } = await storage(ANY_TIME);
      const offsets = [-1, 0, MINUTE - 1, 2 * MINUTE, 4 * MINUTE - 1, 4 * MINUTE];
      await audit.append(offsets.map((offset, n) => occurred(n, offset)));
      const query = over(0, 4 * MINUTE, { metric: "events", bucket: { every: "1m" } });
      const values = async (members: Partial<MetricQuery>) =>
        points(await metrics.query({ ...query, ...members })).map(([ts, value]) => [ts / MINUTE, value]);
      assert.deepEqual(await values({}), [
        [0, 2],
        [2, 1],
        [3, 1],
      ]);
      assert.deepEqual(await values({ fill: "zero", from: new Date(T0 + 1) }), [
        [0, 1],
        [1, 0],
        [2, 1],
        [3, 1],
      ]);
      assert.deepEqual(await values({ fill: "previous", aggregate: "rate" }), [
        [0, 2 / 60],
        [1, 2 / 60],
        [2, 1 / 60],
        [3, 1 / 60],
      ]);
      await audit.append([occurred(10, MINUTE + 5)]);
      assert.deepEqual(await values({ fill: "null" }), [
        [0, 2],
        [1, 1],
        [2, 1],
        [3, 1],
      ]);
    },
  },
  {
    id: "metrics.events.time-zone-day",
    title: "days of a zone begin at its own midnight, and have 23 or 25 hours when its clocks change",
    async run({ storage }) {
      const { audit, metrics } = await storage(ANY_TIME);
      const times = {
        // Berlin changed to summer time on 2026-03-29 at 01:00 UTC, and goes back on 2026-10-25.
        "Europe/Berlin": [
          ["2026-03-28T22:59:59.999Z", "2026-03-28T23:00:00Z", "2026-03-29T21:59:59.999Z", "2026-03-29T22:00:00Z"],
          ["2026-10-24T21:59:59.999Z", "2026-10-24T22:00:00Z", "2026-10-25T22:59:59.999Z", "2026-10-25T23:00:00Z"],
        ],
      } as const;
      const all = times["Europe/Berlin"].flat();
      await audit.append(all.map((ts, n) => event(n, { ts: new Date(ts) })));
      for (const [before, start, end, next] of times["Europe/Berlin"]) {
        const series = await metrics.query({
          metric: "events",
          from: new Date(before),
          to: new Date(new Date(next).getTime() + 1),
          aggregate: "count",
          bucket: { every: "1d", timeZone: "Europe/Berlin" },
          fill: "zero",
        });
        assert.deepEqual(
          series[0]?.points.map(({ ts, value }) => [ts.toISOString(), value]).slice(1),
          [
            [new Date(start).toISOString(), 2],
            [new Date(next).toISOString(), 1],
          ],
          end,
        );
        assert.equal(series[0]?.points[0]?.value, 1);
        assert.equal("unit" in (series[0] ?? {}), false);
      }
    },
  },
  {
    id: "metrics.events.every-aggregate",
    title: "each event is a sample of the value 1",
    async run({ storage }) {
      const { audit, metrics } = await storage(ANY_TIME);
      await audit.append(EVENTS);
      const expected = { sum: 6, count: 6, avg: 1, min: 1, max: 1, last: 1, rate: 6 / 3600, p50: 1, p95: 1, p99: 1 };
      for (const [aggregate, value] of Object.entries(expected)) {
        const query = over(0, HOUR, { metric: "events", aggregate: aggregate as MetricQuery["aggregate"] });
        const [series] = await metrics.query(query);
        assert.deepEqual(series?.points, [{ ts: new Date(T0), value }], aggregate);
      }
    },
  },
  {
    id: "metrics.events.unknown-label",
    title: "a label that events do not have is refused, with a hint where one word is close",
    async run({ storage }) {
      const { audit, metrics } = await storage(ANY_TIME);
      await audit.append(EVENTS);
      const bad: [Partial<MetricQuery>, RegExp, string][] = [
        [{ groupBy: ["labels.tol"] }, /Did you mean "tool"/, "query.groupBy"],
        [{ groupBy: ["labels.model"] }, /"model", which events do not have.*Known: .*tool/, "query.groupBy"],
        [{ groupBy: ["labels.agentId"] }, /"agentId"/, "query.groupBy"],
        [{ groupBy: ["labels.toString"] }, /"toString"/, "query.groupBy"],
        [{ labels: { session: "s" } }, /"session".*Known/, "query.labels"],
        [{ labels: { agentId: "a" } }, /"agentId"/, "query.labels"],
        [{ labels: { payload: "a" } }, /"payload"/, "query.labels"],
      ];
      for (const metric of ["events", "denials", "approvals.latency"]) {
        for (const [members, message, option] of bad) {
          const query = over(0, HOUR, { metric, ...members });
          await rejects(() => metrics.query(query), "invalid_argument", { message, option });
        }
      }
    },
  },
  {
    id: "metrics.events.approval-latency",
    title: "the latency of approvals is what decided ones waited, with every aggregate",
    async run({ storage }) {
      const { audit, metrics } = await storage(ANY_TIME);
      await audit.append([
        ...[100, 200, 300, 400, 1000].map((ms, n) => decided(n, n * MINUTE, ms, { agentId: n < 2 ? "a" : "b" })),
        decided(10, 0, 50, { decision: "pending" }),
        decided(11, 0, 50, { action: "tool_call" }),
        decided(12, 0, "50"),
        decided(13, 0, -1),
        decided(14, 0, null),
        occurred(15, 0, { action: "approval" }),
        occurred(16, 0, { action: "approval", payload: [50] }),
        decided(17, HOUR, 50),
        decided(18, -1, 50),
        decided(19, 5 * MINUTE, 0, { decision: "deny", agentId: "b" }),
      ]);
      const latency = (members: Partial<MetricQuery>) => over(0, HOUR, { metric: "approvals.latency", ...members });
      const expected: [MetricQuery["aggregate"], number][] = [
        ["count", 6],
        ["sum", 2000],
        ["avg", 2000 / 6],
        ["min", 0],
        ["max", 1000],
        ["last", 0],
        ["p50", 250],
        ["p95", 850],
        ["p99", 970],
      ];
      for (const [aggregate, value] of expected) {
        const [series] = await metrics.query(latency({ aggregate }));
        assertClose(series?.points[0]?.value, value, aggregate);
        assert.equal(series?.unit, aggregate === "count" ? undefined : "ms");
      }
      assert.deepEqual(totals(await metrics.query(latency({ aggregate: "p50", groupBy: ["agentId"] }))), [
        [{ agentId: "a" }, 150],
        [{ agentId: "b" }, 350],
      ]);
      assert.deepEqual(totals(await metrics.query(latency({ aggregate: "max", groupBy: ["labels.decision"] }))), [
        [{ "labels.decision": "allow" }, 1000],
        [{ "labels.decision": "deny" }, 0],
      ]);
      const denied = latency({ aggregate: "count", labels: { decision: "deny", tool: "mail" } });
      assert.deepEqual(totals(await metrics.query(denied)), [[{}, 1]]);
      const buckets = latency({ aggregate: "p50", bucket: { every: "2m" }, to: new Date(T0 + 6 * MINUTE) });
      assert.deepEqual(points(await metrics.query(buckets)), [
        [0, 150],
        [2 * MINUTE, 350],
        [4 * MINUTE, 500],
      ]);
    },
  },
]);
