import assert from "node:assert/strict";
import type { CapabilityName, MetricQuery, Partition, StorageBackend } from "@agent-assembly/storage-core";
import { defineCases } from "../contract-case.js";
import type { CreateOptions, StorageHarness } from "../harness.js";
import { collect, rejects } from "../support/assert.js";
import { ANY_TIME, events, NOW, UNRECORDED } from "../support/fixtures.js";
import { archive, verified } from "./retention/archives.js";

/** The same data opened again; the caller closes it. */
export async function reopened(
  harness: StorageHarness,
  backend: StorageBackend,
  options: CreateOptions,
): Promise<StorageBackend> {
  assert.ok(harness.reopen !== undefined, `the harness ${harness.name} must bring reopen for a durable store`);
  return harness.reopen(backend, options);
}

/** What a store without a capability owes: to say so, and why. */
export function assertUnsupported({ capabilities }: StorageBackend, name: CapabilityName): void {
  const capability = capabilities[name];
  assert.ok(capability.status === "unsupported", `${name} is ${capability.status}`);
  assert.ok(capability.reason.trim().length > 10, `${name} needs a reason`);
}

async function snapshot({
  audit,
  agents,
  policies,
  partitions,
  holds,
  retentionSupport,
}: StorageBackend): Promise<unknown> {
  return {
    events: await collect(audit.stream()),
    summary: await audit.summarize({}, { groupBy: ["decision", "tool", "agent.metadata.tier"] }),
    agents: await agents.list(),
    policies: await policies.list(),
    active: await policies.active("p"),
    first: await policies.get("p", 1),
    versions: await policies.versions("p"),
    activations: await policies.activations("p"),
    partitions: (await partitions.list("audit")).map(({ id, from, to, rows }) => ({ id, from, to, rows })),
    runs: await retentionSupport.runs(),
    holds: await holds.list({ released: true }),
    archives: await retentionSupport.archives(),
  };
}

export const durabilityCases = defineCases([
  {
    id: "lifecycle.reopen.keeps-everything",
    title:
      "events, agents, policies, activations, runs, holds and archives are the same after closing and opening again",
    requires: "durability",
    async run({ harness, storage }) {
      const backend = await storage(UNRECORDED);
      await backend.audit.append(events(500, (n) => ({ payload: { n, tool: `t${n % 3}` }, dryRun: n % 2 === 0 })));
      await backend.agents.register({ agentId: "agent-1", credential: "key", metadata: { tier: "gold" } });
      await backend.agents.setEnforcementMode("agent-1", "shadow", { expiresAt: new Date(NOW + 1000) });
      await backend.agents.register({ agentId: "removed" });
      await backend.agents.remove("removed");
      for (const source of ["v: 1\r\n", "\ufeffv: 2", "v: 3"]) {
        await backend.policies.save({ name: "p", source }, { actor: "ann" });
      }
      for (const version of [1, 3]) await backend.policies.activate("p", version, { actor: "bob" });
      await backend.policies.rollback("p", { actor: "bob" });
      const times = { startedAt: new Date(NOW), finishedAt: new Date(NOW + 1) };
      await backend.retentionSupport.recordRun({
        runId: "r",
        ...times,
        outcome: "succeeded",
        rows: 1,
        bytes: 2,
        detail: "",
      });
      await backend.retentionSupport.recordRun({
        runId: "s",
        startedAt: new Date(NOW),
        outcome: "running",
        rows: 0,
        bytes: 0,
        detail: "",
      });
      const why = { reason: "case 7", actor: "ann" };
      await backend.holds.place({ ...why, agentId: "agent-1", from: new Date(0) });
      const { holdId } = await backend.holds.place(why);
      await backend.holds.release(holdId, { actor: "bob", reason: "settled" });
      const [partition] = (await backend.partitions.list("audit")) as [Partition];
      const measured = await backend.partitions.measure(partition);
      const asOf = measured.asOf ?? assert.fail("events have positions");
      await backend.retentionSupport.recordArchive(
        archive(1, { asOf, selection: { except: [{ from: new Date(0) }] } }),
      );
      await backend.retentionSupport.recordArchive(archive(2, { asOf }));
      await backend.retentionSupport.recordArchive(verified(2, { asOf }), { from: "writing" });
      const before = await snapshot(backend);
      const again = await reopened(harness, backend, UNRECORDED);
      try {
        assert.deepEqual(await snapshot(again), before);
        assert.equal((await again.audit.append(events(501))).inserted, 1);
        assert.deepEqual(await again.partitions.measure(partition, { asOf }), measured);
        await rejects(
          () => again.partitions.drop(partition, { asOf, expect: { rows: 500 } }),
          "conflict",
          /1 legal hold/,
        );
        assert.equal((await again.agents.heartbeat("agent-1")).revision, 3);
        assert.equal((await again.policies.save({ name: "p", source: "v: 4" }, { actor: "ann" })).version, 4);
      } finally {
        await again.close();
      }
    },
    async refusal({ harness, storage }) {
      const backend = await storage(ANY_TIME);
      assertUnsupported(backend, "durability");
      assert.equal(harness.reopen, undefined);
      const other = await storage(ANY_TIME);
      await backend.agents.register({ agentId: "a" });
      assert.equal(await other.agents.get("a"), undefined);
    },
  },
  {
    id: "lifecycle.reopen.keeps-metrics",
    title: "metric samples are the same after closing and opening again",
    requires: "metricsPersistence",
    async run({ harness, storage }) {
      const backend = await storage(ANY_TIME);
      const samples = events(100).map(({ ts }, n) => ({ ts, metric: "m", value: n / 4, labels: { even: `${n % 2}` } }));
      await backend.metrics.record(samples);
      const range = { from: new Date(NOW - 2_000_000), to: new Date(NOW) };
      const query: MetricQuery = { metric: "m", ...range, aggregate: "sum", groupBy: ["labels.even"] };
      const before = await backend.metrics.query(query);
      assert.equal(before.length, 2);
      const again = await reopened(harness, backend, ANY_TIME);
      try {
        assert.deepEqual(await again.metrics.query(query), before);
      } finally {
        await again.close();
      }
    },
    async refusal({ storage }) {
      assertUnsupported(await storage(ANY_TIME), "metricsPersistence");
    },
  },
]);
