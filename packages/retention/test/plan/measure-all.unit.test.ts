import { type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import { describe, expect, it } from "vitest";
import { planRetention } from "../../src/plan/make-plan.js";
import { add, memoryStore, NOW } from "../support/store.js";

const now = new Date(NOW);
const policy = { audit: { hotDays: 1, warmDays: 2, rules: [{ name: "debug", action: ["debug"], warmDays: 1 }] } };
const DAYS = Array.from({ length: 40 }, (_, n) => n + 10);

/** A store that says which partitions were measured, by one call or by many. */
async function watched(measure: StorageBackend["partitions"]["measure"] | undefined = undefined) {
  const storage = memoryStore();
  await add(
    storage,
    DAYS.map((day) => ({ day, count: 2 })),
  );
  await storage.holds.place({ agentId: "none", reason: "case 7", actor: "ann" });
  const calls: (number | string)[] = [];
  const store = {
    ...storage,
    partitions: {
      ...storage.partitions,
      measure: (...[partition, slice]: Parameters<StorageBackend["partitions"]["measure"]>) => {
        calls.push(partition.id);
        return (measure ?? storage.partitions.measure)(partition, slice);
      },
    },
    retentionSupport: {
      ...storage.retentionSupport,
      measureAll: async (requests: Parameters<StorageBackend["retentionSupport"]["measureAll"]>[0]) => {
        calls.push(requests.length);
        if (measure !== undefined) throw new StorageError({ code: "timeout", message: "the statement took too long" });
        return storage.retentionSupport.measureAll(requests);
      },
    },
  };
  return { store, calls };
}

describe("the partitions of a plan", () => {
  it("are measured by one call for all of them, and one for what leaves them", async () => {
    const { store, calls } = await watched();
    const { items } = await planRetention(store, policy, { now });
    expect(items).toHaveLength(DAYS.length);
    // By two rules, of which one takes nothing.
    expect(calls).toEqual([DAYS.length, DAYS.length * 2]);
  });

  it("are named in the error when one cannot be measured, and no other is measured after it", async () => {
    let measured = 0;
    const { store, calls } = await watched(async () => {
      measured++;
      if (measured < 3) return { rows: 2, bytes: 2 };
      throw new StorageError({ code: "busy", message: "a lock was waited for too long", remedy: "Try again later." });
    });
    const [, , third] = await store.partitions.list("audit");
    await expect(planRetention(store, policy, { now })).rejects.toMatchObject({
      code: "busy",
      retryable: true,
      message: `the audit partition ${third?.id} cannot be measured: a lock was waited for too long. Try again later.`,
    });
    const before = calls.length;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(calls).toHaveLength(before);
    expect(measured).toBe(3);
  });

  it("are measured one by one where not all can be at once", async () => {
    const plain = memoryStore();
    await add(
      plain,
      DAYS.map((day) => ({ day, count: 2 })),
    );
    const expected = await planRetention(plain, policy, { now });
    const { measureAll: _, ...support } = plain.retentionSupport;
    const failing = () => Promise.reject(new StorageError({ code: "timeout", message: "too long" }));
    const store = { ...plain, retentionSupport: { ...support, measureAll: failing } };
    expect(await planRetention(store, policy, { now })).toEqual(expected);
  });
});
