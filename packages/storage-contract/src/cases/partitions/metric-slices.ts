import assert from "node:assert/strict";
import type { AuditFilter, MetricSample, Partition } from "@agent-assembly/storage-core";
import type { Selection } from "@agent-assembly/storage-core/backend";
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

/** What stands for a partition of metrics where there are none. */
const NO_SEGMENT: Partition = {
  dataset: "metrics",
  id: "2026-03-15",
  from: new Date(NOW - 43_200_000),
  to: new Date(NOW + 43_200_000),
  rows: 0,
  bytes: 0,
  tier: "hot",
};

/** Parts of partitions of metrics, where metrics are stored. */
export const metricSliceCases = defineCases([
  {
    id: "partitions.slices.metrics",
    title: "metric samples are measured and dropped by agent, team and time; anything else cannot be asked of them",
    requires: "metricsPersistence",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.metrics.record(SAMPLES);
      const [partition] = (await backend.partitions.list("metrics")) as [Partition];
      for (const [filter, member] of UNASKABLE) {
        for (const selection of [{ only: [{}, filter] }, { except: [filter] }]) {
          const message = new RegExp(`(only\\[1\\]|except\\[0\\]).*"${member}"`);
          await rejects(() => backend.partitions.measure(partition, { selection }), "invalid_argument", message);
          const drop = () => backend.partitions.drop(partition, { selection, expect: { rows: 0 } });
          await rejects(drop, "invalid_argument", message);
        }
      }
      await rejects(() => backend.partitions.measure(partition, { asOf: "x" }), "invalid_argument", /asOf/);
      await rejects(() => collect(backend.partitions.read(partition)), "unsupported");
      for (const [selection, rows] of SELECTIONS) {
        const measured = await backend.partitions.measure(partition, { selection });
        assert.equal(measured.rows, rows, JSON.stringify(selection));
        assert.equal("asOf" in measured, false);
      }
      const selection = { except: [{ teamId: "red" }] };
      await rejects(() => backend.partitions.drop(partition, { selection, expect: { rows: 4 } }), "conflict");
      assert.deepEqual(await backend.partitions.drop(partition, { selection, expect: { rows: 2 } }), { rows: 2 });
      assert.equal((await backend.partitions.measure(partition)).rows, 2);
      assert.equal((await backend.partitions.measure(partition, { selection })).rows, 0);
    },
    async refusal({ storage }) {
      const { partitions } = await storage(ANY_TIME);
      for (const [filter, member] of UNASKABLE) {
        const selection = { except: [filter] };
        const message = new RegExp(`except\\[0\\].*"${member}"`);
        await rejects(() => partitions.measure(NO_SEGMENT, { selection }), "invalid_argument", message);
      }
      await rejects(() => partitions.measure(NO_SEGMENT), "unsupported", /metrics/);
      await rejects(() => collect(partitions.read(NO_SEGMENT)), "unsupported", /metrics/);
      await rejects(() => partitions.drop(NO_SEGMENT, { expect: { rows: 0 } }), "unsupported", /metrics/);
    },
  },
  {
    id: "holds.metrics",
    title: "a legal hold keeps the metric samples it covers",
    requires: "metricsPersistence",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const { partitions, holds } = backend;
      await backend.metrics.record(SAMPLES);
      const [partition] = (await partitions.list("metrics")) as [Partition];
      const hold = await holds.place({ teamId: "red", reason: "case 7", actor: "ann" });
      await rejects(
        () => partitions.drop(partition, { expect: { rows: 4 } }),
        "conflict",
        /1 legal hold covers 2 of the 4/,
      );
      assert.equal((await partitions.measure(partition)).rows, 4);
      const selection = { except: [{ teamId: "red" }] };
      assert.deepEqual(await partitions.drop(partition, { selection, expect: { rows: 2 } }), { rows: 2 });
      await holds.release(hold.holdId, { actor: "bob", reason: "closed" });
      assert.deepEqual(await partitions.drop(partition, { expect: { rows: 2 } }), { rows: 2 });
    },
    async refusal({ storage }) {
      const { partitions, holds } = await storage(ANY_TIME);
      await holds.place({ reason: "case 7", actor: "ann" });
      await rejects(() => partitions.drop(NO_SEGMENT, { expect: { rows: 0 } }), "unsupported", /metrics/);
    },
  },
]);
