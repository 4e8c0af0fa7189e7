import type { AuditEvent, Partition, StorageBackend } from "@agent-assembly/storage-core";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { describe, expect, it } from "vitest";
import { openArchive, planRetention, type RetentionPlan, restoreArchive, runPlan } from "../../src/index.js";
import { tempFolder } from "../archive/support/temp-folder.js";
import { ANY_AGE, add, all, NOW } from "../support/store.js";
import { on, placeFor, STORES, type StoreName } from "./support/stores.js";

const now = new Date(NOW);

/** What the partitions must be after a plan was carried out. */
function predicted(before: readonly Partition[], plan: RetentionPlan): Record<string, { rows: number; tier: string }> {
  const expected: Record<string, { rows: number; tier: string }> = {};
  for (const { id, rows, tier } of before) {
    const items = plan.items.filter(({ partition }) => partition.id === id);
    const gone = items.filter(({ action }) => action !== "compress").reduce((sum, item) => sum + item.rows, 0);
    const compressed = items.some(({ action }) => action === "compress");
    if (rows > gone) expected[id] = { rows: rows - gone, tier: compressed ? "warm" : tier };
  }
  return expected;
}

async function actual(storage: StorageBackend): Promise<Record<string, { rows: number; tier: string }>> {
  const partitions = await storage.partitions.list("audit");
  return Object.fromEntries(partitions.map(({ id, rows, tier }) => [id, { rows, tier }]));
}

function onStore(
  name: StoreName,
  title: string,
  timeoutMs: number,
  test: (storage: StorageBackend) => Promise<void>,
): void {
  it(...on(name, title, { timeout: timeoutMs }), async () => {
    await using place = await placeFor(name);
    const storage = await place.open();
    try {
      await test(storage);
    } finally {
      await storage.close();
    }
  });
}

describe.each(STORES)("on %s", (name) => {
  onStore(name, "what a run does is what its plan says, to the row and to the partition", 60_000, async (storage) => {
    await add(storage, [
      { day: 60, count: 400 },
      { day: 50, count: 300, teamId: "bank" },
      { day: 50, count: 100 },
      { day: 50, count: 7, agentId: "held" },
      { day: 45, count: 50, action: "debug" },
      { day: 25, count: 200 },
      { day: 25, count: 40, action: "debug" },
      { day: 1, count: 20 },
    ]);
    await storage.holds.place({ agentId: "held", reason: "case 7", actor: "ann" });
    const rules = [
      { name: "bank", teamId: ["bank"], warmDays: "forever" as const },
      { name: "debug", action: ["debug"], warmDays: 15, coldAction: "drop" as const },
    ];
    const archiveUrl = `file://${tempFolder()}/archive`;
    const policy = { archiveUrl, audit: { hotDays: 10, warmDays: 30, coldAction: "archive" as const, rules } };
    const before = await storage.partitions.list("audit");
    const plan = await planRetention(storage, policy, { now });
    expect(await storage.partitions.list("audit")).toEqual(before);
    const report = await runPlan(storage, plan);
    expect(report, report.detail).toMatchObject({ outcome: "succeeded", failures: [] });
    const leaving = plan.items.filter(({ action }) => action !== "compress").reduce((sum, { rows }) => sum + rows, 0);
    expect(report.rows).toBe(leaving);
    expect(await actual(storage)).toEqual(predicted(before, plan));
    expect(await storage.audit.count({ teamId: "bank" })).toBe(300);
    expect(await storage.audit.count({ agentId: "held" })).toBe(7);
    expect(await storage.audit.count({ action: "debug" })).toBe(0);
    await using archive = await openArchive(archiveUrl);
    expect(await all(archive.events({ action: "debug" }))).toEqual([]);
    expect((await all(archive.events())).length).toBe(500);
  });

  onStore(
    name,
    "what was archived can be asked as before, and restored into a store of another kind",
    60_000,
    async (storage) => {
      await add(storage, [
        { day: 60, count: 300, teamId: "t" },
        { day: 59, count: 200, agentId: "b" },
        { day: 1, count: 20 },
      ]);
      const nasty = { ts: new Date(NOW - 55 * 86_400_000), agentId: "c", action: "x", decision: "deny" };
      await storage.audit.append([
        { ...nasty, payload: { z: "\u0000\ud800", a: [1e21, -0, null] } },
        { ...nasty, payload: null },
        { ...nasty },
      ]);
      const before = await all(storage.audit.stream());
      const archiveUrl = `file://${tempFolder()}/archive`;
      const policy = { archiveUrl, audit: { hotDays: 10, warmDays: 20, coldAction: "archive" as const } };
      const filters = [
        {},
        { agentId: "b" },
        { teamId: ["t", "u"], to: new Date(NOW - 59.9 * 86_400_000) },
        { decision: "deny" },
        { payload: { "/n": 7 } },
        { from: new Date(NOW - 59.5 * 86_400_000) },
      ];
      const asked = async (ask: (filter: object, order: "oldest" | "newest") => AsyncIterable<AuditEvent>) => {
        const answers: AuditEvent[][] = [];
        for (const filter of filters) {
          for (const order of ["oldest", "newest"] as const)
            answers.push(await all(ask({ to: new Date(NOW - 20 * 86_400_000), ...filter }, order)));
        }
        return answers;
      };
      const live = await asked((filter, order) => storage.audit.stream(filter, { order }));
      const report = await runPlan(storage, await planRetention(storage, policy, { now }));
      expect(report).toMatchObject({ outcome: "succeeded", archivedRows: 503 });
      await using archive = await openArchive(archiveUrl);
      expect(await asked((filter, order) => archive.events(filter, { order }))).toEqual(live);

      const other = openMemoryStorage({ governanceEvents: false, limits: ANY_AGE });
      expect(await restoreArchive(archive, other)).toEqual({ inserted: 503, duplicates: 0, conflicts: 0 });
      expect(await restoreArchive(archive, storage)).toEqual({ inserted: 503, duplicates: 0, conflicts: 0 });
      expect(await restoreArchive(archive, storage)).toEqual({ inserted: 0, duplicates: 503, conflicts: 0 });
      expect(await all(storage.audit.stream())).toEqual(before);
      expect(await all(other.audit.stream())).toEqual(before.slice(0, 503));
      await other.close();
    },
  );
});

describe("compressed chunks of more than 100,000 rows", () => {
  onStore(
    "timescale-community",
    "lose exactly the rows of the plan, with a hold and a rule",
    300_000,
    async (storage) => {
      const base = NOW - 60 * 86_400_000;
      const start = base - (base % (7 * 86_400_000));
      const total = 150_000;
      for (let from = 0; from < total; from += 10_000) {
        const events = Array.from({ length: 10_000 }, (_, k) => {
          const n = from + k;
          return {
            ts: new Date(start + n * 4000),
            agentId: n % 1000 === 0 ? "held" : `agent-${n % 40}`,
            ...(n % 10 === 0 ? { teamId: "bank" } : {}),
            action: "tool_call",
            decision: "allow",
            payload: { tool: "t", n, text: "x".repeat(100) },
          };
        });
        await storage.audit.append(events);
      }
      const [chunk] = await storage.partitions.list("audit");
      expect(chunk?.rows).toBe(total);
      await storage.partitions.compress(chunk as Partition);
      await storage.holds.place({ agentId: "held", reason: "case 7", actor: "ann" });
      const rules = [{ name: "bank", teamId: ["bank"], warmDays: "forever" as const }];
      const plan = await planRetention(storage, { audit: { hotDays: 10, warmDays: 20, rules } }, { now });
      const before = await storage.partitions.list("audit");
      const report = await runPlan(storage, plan);
      expect(report, report.detail).toMatchObject({ outcome: "succeeded", rows: total - total / 10 });
      expect(await actual(storage)).toEqual(predicted(before, plan));
      expect(await storage.audit.count({ teamId: "bank" })).toBe(total / 10);
      expect(await storage.audit.count({ agentId: "held" })).toBe(total / 1000);
      const [left] = await storage.partitions.list("audit");
      expect(left?.tier).toBe("warm");
      expect(left?.bytes).toBeLessThan(before[0]?.bytes as number);
    },
  );
});
