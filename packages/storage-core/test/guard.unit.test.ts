import { guardBackend } from "@agent-assembly/storage-core/backend";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { observable } from "@agent-assembly/storage-core/wrappers";
import { describe, expect, it } from "vitest";

const signal = AbortSignal.abort(new Error("the user left"));
const limits = { maxAgeMs: Number.POSITIVE_INFINITY };

async function drain(start: () => AsyncIterable<unknown>): Promise<void> {
  for await (const _ of start()) throw new Error("an event came");
}

describe.each([
  ["a guard", () => openMemoryStorage({ limits })],
  ["a guard around a guard", () => guardBackend(openMemoryStorage({ limits }))],
  ["a guard around a wrapped guard", () => guardBackend(observable(openMemoryStorage({ limits })))],
])("%s", (_, open) => {
  it("gives the caller the reason of an abort as it is", async () => {
    await using storage = open();
    await expect(drain(() => storage.audit.stream({}, { signal }))).rejects.toBe(signal.reason);
    const event = { ts: new Date("2026-01-01"), agentId: "a", action: "tool_call", decision: "allow" };
    await storage.audit.append([event]);
    const [partition] = await storage.partitions.list("audit");
    if (partition === undefined) throw new Error("there is no partition");
    await expect(drain(() => storage.partitions.read(partition, { signal }))).rejects.toBe(signal.reason);
    await expect(storage.partitions.drop(partition, { signal, expect: { rows: 1 } })).rejects.toBe(signal.reason);
  });

  it("takes no other error for an abort", async () => {
    await using storage = open();
    const bad = () => storage.audit.stream({ agentId: 7 as never }, { signal });
    await expect(drain(bad)).rejects.toMatchObject({ code: "invalid_argument", operation: "audit.stream" });
  });
});
