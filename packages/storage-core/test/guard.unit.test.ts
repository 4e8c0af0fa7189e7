import { StorageError } from "@agent-assembly/storage-core";
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

describe("a lease of a guarded store", () => {
  const failure = Object.assign(new Error("write CONNECTION_CLOSED"), { code: "CONNECTION_CLOSED" });
  /** Its table fails once the lease is given. */
  async function lost() {
    const memory = openMemoryStorage();
    const lease = await memory.retentionSupport.lease("work", 10_000);
    if (lease === undefined) throw new Error("the lease is taken");
    const fail = () => Promise.reject(failure);
    const failing = { ...lease, renew: fail, release: fail, [Symbol.asyncDispose]: fail };
    const retentionSupport = { ...memory.retentionSupport, lease: async () => failing };
    const classify = (cause: unknown) =>
      new StorageError({ code: "unavailable", message: "the server is away", cause });
    return guardBackend(Object.create(memory, { retentionSupport: { value: retentionSupport } }), { classify });
  }

  it("reports the driver's errors as the store does, and none after the store is closed", async () => {
    const storage = await lost();
    const lease = await storage.retentionSupport.lease("work", 10_000);
    if (lease === undefined) throw new Error("the lease is taken");
    const expected = { code: "unavailable", operation: "retentionSupport.lease", backend: "memory" };
    await expect(lease.renew()).rejects.toMatchObject(expected);
    await expect(lease.release()).rejects.toMatchObject(expected);
    await expect(lease[Symbol.asyncDispose]()).rejects.toMatchObject(expected);
    await storage.close();
    await expect(lease.renew()).rejects.toMatchObject({ code: "closed", operation: "retentionSupport.lease" });
  });

  it("is waited for when the store is closed", async () => {
    const memory = openMemoryStorage();
    const storage = guardBackend(memory);
    const lease = await storage.retentionSupport.lease("work", 10_000);
    const order: string[] = [];
    const renewed = lease?.renew().then((isHeld) => order.push(`renewed: ${isHeld}`));
    await Promise.all([renewed, storage.close().then(() => order.push("closed"))]);
    expect(order).toEqual(["renewed: true", "closed"]);
  });
});
