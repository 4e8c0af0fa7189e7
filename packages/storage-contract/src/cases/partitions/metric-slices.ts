import assert from "node:assert/strict";
import type { AuditFilter, MetricSample, Segment, Selection } from "@agent-assembly/storage-core";
import { defineCases } from "../../contract-case.js";
import { collect, rejects } from "../../support/assert.js";
import { ANY_TIME, NOW } from "../../support/fixtures.js";

/** Filters that metric samples have no answer to. */
const UNASKABLE: [AuditFilter, string][] = [
  [{ action: "tool_call" }, "action"],
  [{ agentId: "a", dryRun: false }, "dryRun"],
  [{ payload: {} }, "payload"],
  [{ eventId: [] }, "eventId"],
];

const SAMPLES: MetricSample[] = [
  { ts: new Date(NOW), metric: "m", value: 1, agentId: "a", teamId: "red" },
  { ts: new Date(NOW + 1), metric: "m", value: 2, agentId: "a" },
  { ts: new Date(NOW + 2), metric: "m", value: 3, agentId: "b", teamId: "red" },
  { ts: new Date(NOW + 3), metric: "m", value: 4 },
];

/** A selection, and how many of the samples it means. */
const SELECTIONS: [Selection, number][] = [
  [{}, 4],
  [{ only: [{ agentId: "a" }] }, 2],
  [{ only: [{ agentId: "b" }, { teamId: "red" }] }, 2],
  [{ except: [{ teamId: "red" }] }, 2],
  [{ except: [{ agentId: "a", teamId: "red" }] }, 3],
  [{ only: [{ from: new Date(NOW + 1), to: new Date(NOW + 3) }] }, 2],
  [{ except: [{ agentId: ["a", "b"] }] }, 1],
];

/** What stands for a segment of metrics where there are none. */
const NO_SEGMENT: Segment = {
  dataset: "metrics",
  id: "2026-03-15",
  from: new Date(NOW - 43_200_000),
  to: new Date(NOW + 43_200_000),
  rows: 0,
  bytes: 0,
  tier: "hot",
};

/** Parts of segments of metrics, where metrics are stored. */
export const tierPartMetricCases = defineCases([
  {
    id: "tiers.parts.metrics",
    title: "metric samples are measured and dropped by agent, team and time; anything else cannot be asked of them",
    requires: "metrics_persistence",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.metrics.record(SAMPLES);
      const [segment] = (await backend.tiers.segments("metrics")) as [Segment];
      for (const [filter, member] of UNASKABLE) {
        for (const selection of [{ only: [{}, filter] }, { except: [filter] }]) {
          const message = new RegExp(`(only\\[1\\]|except\\[0\\]).*"${member}"`);
          await rejects(() => backend.tiers.measure(segment, { selection }), "invalid_argument", message);
          const drop = () => backend.tiers.drop(segment, { selection, expect: { rows: 0 } });
          await rejects(drop, "invalid_argument", message);
        }
      }
      await rejects(() => backend.tiers.measure(segment, { upTo: "x" }), "invalid_argument", /upTo/);
      await rejects(() => collect(backend.tiers.read(segment)), "unsupported");
      for (const [selection, rows] of SELECTIONS) {
        const measured = await backend.tiers.measure(segment, { selection });
        assert.equal(measured.rows, rows, JSON.stringify(selection));
        assert.equal("upTo" in measured, false);
      }
      const selection = { except: [{ teamId: "red" }] };
      await rejects(() => backend.tiers.drop(segment, { selection, expect: { rows: 4 } }), "conflict");
      assert.deepEqual(await backend.tiers.drop(segment, { selection, expect: { rows: 2 } }), { rows: 2 });
      assert.equal((await backend.tiers.measure(segment)).rows, 2);
      assert.equal((await backend.tiers.measure(segment, { selection })).rows, 0);
    },
    async refusal({ storage }) {
      const { tiers } = await storage(ANY_TIME);
      for (const [filter, member] of UNASKABLE) {
        const selection = { except: [filter] };
        const message = new RegExp(`except\\[0\\].*"${member}"`);
        await rejects(() => tiers.measure(NO_SEGMENT, { selection }), "invalid_argument", message);
      }
      await rejects(() => tiers.measure(NO_SEGMENT), "unsupported", /metrics/);
      await rejects(() => collect(tiers.read(NO_SEGMENT)), "unsupported", /metrics/);
      await rejects(() => tiers.drop(NO_SEGMENT, { expect: { rows: 0 } }), "unsupported", /metrics/);
    },
  },
  {
    id: "tiers.holds.metrics",
    title: "a legal hold keeps the metric samples it covers",
    requires: "metrics_persistence",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const { tiers } = backend;
      await backend.metrics.record(SAMPLES);
      const [segment] = (await tiers.segments("metrics")) as [Segment];
      const hold = await tiers.placeHold({ teamId: "red", reason: "case 7", placedBy: "ann" });
      await rejects(() => tiers.drop(segment, { expect: { rows: 4 } }), "conflict", /1 legal hold covers 2 of the 4/);
      assert.equal((await tiers.measure(segment)).rows, 4);
      const selection = { except: [{ teamId: "red" }] };
      assert.deepEqual(await tiers.drop(segment, { selection, expect: { rows: 2 } }), { rows: 2 });
      await tiers.releaseHold(hold.holdId, { releasedBy: "bob", reason: "closed" });
      assert.deepEqual(await tiers.drop(segment, { expect: { rows: 2 } }), { rows: 2 });
    },
    async refusal({ storage }) {
      const { tiers } = await storage(ANY_TIME);
      await tiers.placeHold({ reason: "case 7", placedBy: "ann" });
      await rejects(() => tiers.drop(NO_SEGMENT, { expect: { rows: 0 } }), "unsupported", /metrics/);
    },
  },
]);
