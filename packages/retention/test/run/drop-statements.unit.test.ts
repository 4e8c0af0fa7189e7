import type { StorageBackend } from "@agent-assembly/storage-core";
import { describe, expect, it } from "vitest";
import { planRetention } from "../../src/plan/make-plan.js";
import { type DropAnnouncer, DropStatements, type DropToAnnounce } from "../../src/run/drop-statements.js";
import { applyRetention } from "../../src/run/run-retention.js";
import { add, all, memoryStore, NOW } from "../support/store.js";

const now = new Date(NOW);
const policy = { audit: { hotDays: 10, warmDays: 20 } };

/** With a log of so many leaves, of which nothing else matters here. */
async function storeWithLog(leaves: number): Promise<StorageBackend> {
  const storage = memoryStore();
  await add(storage, [
    { day: 30, count: 30 },
    { day: 2, count: 5 },
  ]);
  const root = new Uint8Array(32);
  const support = storage.evidenceSupport;
  await support?.begin({ log: 1, origin: "example.com/audit", root, chain: "" });
  const to = { size: leaves, root, position: "", chain: "" };
  const from = { size: 0, position: "" };
  await support?.commit({ log: 1, from, to, tiles: [], batches: [], seeds: [], statements: [] });
  return storage;
}

/** Writes down what it is called for, with the number of events that are there then. */
function diary(storage: StorageBackend): { announcer: DropAnnouncer; calls: unknown[]; drops: DropToAnnounce[] } {
  const calls: unknown[] = [];
  const drops: DropToAnnounce[] = [];
  const enter = async (what: string): Promise<void> => {
    calls.push([what, (await all(storage.audit.stream())).length]);
  };
  const announcer: DropAnnouncer = {
    async announceDrop(drop) {
      drops.push(drop);
      await enter("announced");
      return { done: () => enter("done") };
    },
    finishDrops: () => enter("finished"),
  };
  return { announcer, calls, drops };
}

describe("the evidence of a run", () => {
  it("is told before rows of events go, and after", async () => {
    const storage = await storeWithLog(1);
    const { announcer, calls, drops } = diary(storage);
    const report = await applyRetention(storage, policy, { now, evidence: announcer });
    expect(report).toMatchObject({ outcome: "succeeded", rows: 30, warnings: [], detail: "" });
    expect(calls).toEqual([
      ["finished", 35],
      ["announced", 35],
      ["done", 5],
    ]);
    expect(drops).toMatchObject([{ run: report.runId, policy: expect.stringMatching(/^[\w+/]{43}=$/) }]);
    expect(drops[0]?.archive).toBeUndefined();
  });

  it("is not asked where nothing is sealed, and nothing is missed then", async () => {
    const storage = await storeWithLog(0);
    const { announcer, calls } = diary(storage);
    const stated = await applyRetention(storage, policy, { now, evidence: announcer });
    expect(stated).toMatchObject({ outcome: "succeeded", rows: 30, warnings: [] });
    expect(calls).toEqual([]);
    expect(await applyRetention(await storeWithLog(0), policy, { now })).toMatchObject({ rows: 30, warnings: [] });
  });

  it("is told nothing of metrics", async () => {
    const storage = await storeWithLog(1);
    const { announcer, drops } = diary(storage);
    const { policy: resolved } = await planRetention(storage, policy, { now });
    const about = { run: "run-1", policy: resolved, signal: new AbortController().signal };
    const statements = await DropStatements.begin(storage, announcer, about);
    const day = {
      id: "2030-05-16",
      from: new Date(NOW),
      to: new Date(NOW + 1),
      rows: 3,
      bytes: 3,
      tier: "hot" as const,
    };
    expect(await statements.announce({ partition: { ...day, dataset: "metrics" } }, undefined)).toBeUndefined();
    statements.countUnstated({ ...day, dataset: "metrics" }, 3);
    expect({ drops, warnings: statements.warnings }).toEqual({ drops: [], warnings: [] });
  });

  it("is missed where it is not given: rows of a sealed store go with a warning", async () => {
    const report = await applyRetention(await storeWithLog(1), policy, { now });
    expect(report).toMatchObject({ outcome: "succeeded", rows: 30 });
    expect(report.warnings).toEqual([expect.stringContaining("30 rows were dropped without a statement")]);
    expect(report.detail).toBe(report.warnings[0]);
  });

  it("keeps the rows when it fails before they go, and fails the run when it fails after", async () => {
    const storage = await storeWithLog(1);
    const { announcer } = diary(storage);
    const fail = async (): Promise<never> => {
      throw new Error("no answer");
    };
    const before = { ...announcer, announceDrop: fail };
    const kept = await applyRetention(storage, policy, { now, evidence: before });
    expect(kept).toMatchObject({ outcome: "failed", rows: 0, detail: expect.stringContaining("no answer") });
    expect(await all(storage.audit.stream())).toHaveLength(35);
    const unfinished = applyRetention(storage, policy, { now, evidence: { ...announcer, finishDrops: fail } });
    await expect(unfinished).rejects.toThrow("no answer");
    expect(await all(storage.audit.stream())).toHaveLength(35);
    const after = { ...announcer, announceDrop: async () => ({ done: fail }) };
    const gone = await applyRetention(storage, policy, { now, evidence: after });
    expect(gone).toMatchObject({ outcome: "failed", rows: 30, detail: expect.stringContaining("no answer") });
  });
});
