import { describe, expect, it } from "vitest";
import { planRetention } from "../../src/plan/make-plan.js";
import type { RetentionPlan } from "../../src/plan/plan.js";
import { runPlan } from "../../src/run/run-retention.js";
import { add, DAY_MS, memoryStore, NOW } from "../support/store.js";

const now = new Date(NOW);
/** Ages count from the end of the day. */
const policy = { audit: { hotDays: 10, warmDays: 20 } };
const items = ({ items: list }: RetentionPlan) => list.map(({ id, rows }) => [id.slice(id.indexOf("/") + 1), rows]);
const kept = ({ kept: list }: RetentionPlan) => list.map(({ partition, rows, reason }) => [partition.id, rows, reason]);

describe("a plan", () => {
  it("takes whole days whose end has passed the limit, and says until when the others stay", async () => {
    const storage = memoryStore();
    await add(storage, [
      { day: 30, count: 3 },
      { day: 21, count: 2 },
      { day: 20, count: 5 },
    ]);
    const plan = await planRetention(storage, policy, { now });
    expect(items(plan)).toEqual([
      ["2030-05-16/drop/default", 3],
      ["2030-05-25/drop/default", 2],
    ]);
    expect(plan.items[0]).toMatchObject({ reason: "29 days old, kept for 20 days", selection: undefined });
    expect(plan.kept).toMatchObject([
      { rows: 5, reason: "kept for 20 days", until: new Date(Date.UTC(2030, 4, 27) + 20 * DAY_MS) },
    ]);
    expect(await storage.audit.count()).toBe(10);
  });

  it("asks the first rule that matches, and merges what leaves in the same way", async () => {
    const storage = memoryStore();
    await add(storage, [
      { day: 8, count: 4, action: "debug" },
      { day: 8, count: 1, action: "debug", teamId: "bank" },
      { day: 8, count: 2 },
      { day: 40, count: 1, action: "debug" },
      { day: 40, count: 2 },
    ]);
    const rules = [
      { name: "bank", teamId: ["bank"], warmDays: "forever" as const },
      { name: "debug", action: ["debug"], warmDays: 5 },
    ];
    const plan = await planRetention(storage, { audit: { ...policy.audit, rules } }, { now });
    expect(items(plan)).toEqual([
      ["2030-05-06/drop/debug, default", 3],
      ["2030-06-07/drop/debug", 4],
    ]);
    expect(kept(plan)).toEqual([["2030-06-07", 3, "kept longer: bank, default"]]);
    expect(plan.items[0]?.selection).toBeUndefined();
    const report = await runPlan(storage, plan);
    expect(report).toMatchObject({ outcome: "succeeded", rows: 7, failures: [] });
    expect(await storage.audit.count()).toBe(3);
    expect(await storage.audit.count({ teamId: "bank" })).toBe(1);
  });

  it("leaves rows under a hold alone, says whose, and takes them once it is released", async () => {
    const storage = memoryStore();
    await add(storage, [
      { day: 30, count: 3, agentId: "held" },
      { day: 30, count: 4, teamId: "t" },
      { day: 31, count: 2, agentId: "held" },
    ]);
    const hold = await storage.holds.place({ agentId: "held", reason: "case 7", actor: "ann" });
    await storage.holds.place({ teamId: "t", to: new Date(NOW - 90 * DAY_MS), reason: "older", actor: "ann" });
    const plan = await planRetention(storage, policy, { now });
    expect(items(plan)).toEqual([["2030-05-16/drop/default", 4]]);
    expect(kept(plan)).toEqual([
      ["2030-05-15", 2, "legal hold: case 7"],
      ["2030-05-16", 3, "legal hold: case 7"],
    ]);
    expect(plan.kept[0]).toMatchObject({ holdIds: [hold.holdId] });
    expect(plan.kept[0]?.until).toBeUndefined();
    expect(await runPlan(storage, plan)).toMatchObject({ outcome: "succeeded", rows: 4 });
    expect(await storage.audit.count({ agentId: "held" })).toBe(5);
    await storage.holds.release(hold.holdId, { actor: "ann", reason: "settled" });
    const next = await planRetention(storage, policy, { now });
    expect(items(next)).toEqual([
      ["2030-05-15/drop/default", 2],
      ["2030-05-16/drop/default", 3],
    ]);
    await runPlan(storage, next);
    expect(await storage.audit.count()).toBe(0);
  });

  it("is done to the row although events arrive after it was made, and not at all when a hold did", async () => {
    const storage = memoryStore();
    await add(storage, [{ day: 30, count: 3 }]);
    const plan = await planRetention(storage, policy, { now });
    await storage.audit.append([
      { ts: new Date(NOW - 30 * DAY_MS), agentId: "late", action: "tool_call", decision: "allow" },
    ]);
    expect(await runPlan(storage, plan)).toMatchObject({ outcome: "succeeded", rows: 3 });
    expect(await storage.audit.count()).toBe(1);
    const second = await planRetention(storage, policy, { now });
    await storage.holds.place({ agentId: "late", reason: "case 8", actor: "ann" });
    const report = await runPlan(storage, second);
    expect(report).toMatchObject({ outcome: "failed", rows: 0, failures: [{ error: { code: "conflict" } }] });
    expect(report.detail).toMatch(/legal hold/);
    expect(await storage.audit.count()).toBe(1);
  });

  it("changes nothing, not even the history", async () => {
    const storage = memoryStore();
    await add(storage, [{ day: 30, count: 3 }]);
    const plan = await planRetention(storage, policy, { now });
    expect(await planRetention(storage, plan.policy, { now })).toEqual(plan);
    expect(await storage.retentionSupport.runs()).toEqual([]);
  });
});
