import { describe, expect, expectTypeOf, it } from "vitest";
import { type StorageBackend, StorageError } from "../src/index.js";
import { openMemoryStorage } from "../src/memory/index.js";
import { openMemoryApprovals, openMemoryRateLimiter } from "../src/state/index.js";
import { observable, readOnly, retrying } from "../src/wrappers/index.js";

const event = () => ({ ts: new Date(), agentId: "a", action: "tool_call", decision: "allow" });

function failing(backend: StorageBackend, failures: number, code: "busy" | "conflict"): StorageBackend {
  let left = failures;
  const count: StorageBackend["audit"]["count"] = async (filter) => {
    if (left-- > 0) throw new StorageError({ code, message: "try again" });
    return backend.audit.count(filter);
  };
  return { ...backend, audit: { ...backend.audit, count } };
}

async function length(items: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _item of items) count++;
  return count;
}

describe("wrappers", () => {
  it("read-only lets reads through and refuses every write", async () => {
    const backend = openMemoryStorage();
    await backend.audit.append([event()]);
    const wrapped = readOnly(backend);
    expect(await wrapped.audit.count()).toBe(1);
    expect(await length(wrapped.audit.stream())).toBe(1);
    await expect(wrapped.audit.append([event()])).rejects.toMatchObject({
      code: "permission_denied",
      operation: "audit.append",
    });
    await expect(wrapped.retentionSupport.lease("x", 1000)).rejects.toMatchObject({ code: "permission_denied" });
    await expect(wrapped.holds.place({ reason: "r", actor: "p" })).rejects.toMatchObject({
      code: "permission_denied",
    });
    expect(await wrapped.holds.list({ released: true })).toEqual([]);
    expect(await backend.audit.count()).toBe(1);
    const observed = observable(wrapped);
    expect(observed.unwrap()).toBe(wrapped);
    expect(wrapped.unwrap()).toBe(backend);
  });

  it("retrying repeats reads after a retryable error, up to its limit, and nothing else", async () => {
    const backend = openMemoryStorage();
    const options = { attempts: 3, baseDelayMs: 1 };
    expect(await retrying(failing(backend, 2, "busy"), options).audit.count()).toBe(0);
    await expect(retrying(failing(backend, 3, "busy"), options).audit.count()).rejects.toMatchObject({ code: "busy" });
    await expect(retrying(failing(backend, 1, "conflict"), options).audit.count()).rejects.toMatchObject({
      code: "conflict",
    });
  });

  it("retrying repeats a write only where a second call leaves the same state", async () => {
    const backend = openMemoryStorage();
    let calls = 0;
    const busy = async (): Promise<never> => {
      calls++;
      throw new StorageError({ code: "busy", message: "try again" });
    };
    const broken: StorageBackend = {
      ...backend,
      retentionSupport: { ...backend.retentionSupport, forgetArchive: busy, recordArchive: busy, recordRun: busy },
      holds: { ...backend.holds, place: busy },
      partitions: { ...backend.partitions, drop: busy },
    };
    const { retentionSupport, holds, partitions } = retrying(broken, { attempts: 3, baseDelayMs: 1 });
    await expect(retentionSupport.forgetArchive("")).rejects.toMatchObject({ code: "busy" });
    expect(calls).toBe(3);
    const once = [holds.place, retentionSupport.recordArchive, retentionSupport.recordRun, partitions.drop];
    for (const [index, write] of once.entries()) {
      calls = 0;
      await expect((write as () => Promise<unknown>)()).rejects.toMatchObject({ code: "busy" });
      expect(calls, String(index)).toBe(1);
    }
  });

  it("observable passes results, errors and iterations on", async () => {
    const backend = observable(openMemoryStorage());
    await backend.audit.append([event(), event()]);
    expect(await length(backend.audit.stream())).toBe(2);
    await expect(backend.agents.update("nobody", {})).rejects.toMatchObject({ code: "not_found" });
    await backend.close();
    await expect(backend.audit.count()).rejects.toMatchObject({ code: "closed" });
  });

  it("keep the members of what they wrap, of its class and later changes included", async () => {
    class Extended {
      readonly #label = "private";
      count = 1;
      get label(): string {
        return this.#label;
      }
      describe(): string {
        return `${this.#label} ${this.count}`;
      }
    }
    const extended = Object.assign(new Extended(), openMemoryStorage());
    for (const wrapped of [
      observable(extended),
      retrying(extended),
      readOnly(extended),
      retrying(observable(extended)),
    ]) {
      expect(wrapped.label).toBe("private");
      extended.count++;
      expect(wrapped.describe()).toBe(`private ${extended.count}`);
      expect(Object.keys(wrapped)).toContain("count");
    }
    const twice = retrying(observable(extended));
    expectTypeOf(twice.unwrap().unwrap()).toEqualTypeOf(extended);
    expectTypeOf(twice).toExtend<StorageBackend & { readonly label: string; describe(): string }>();
    expectTypeOf(observable(openMemoryStorage())).toExtend<StorageBackend>();
  });

  it("read-only refuses to decide approvals and to count in rate limits, and reads them", async () => {
    const storage = { ...openMemoryStorage(), approvals: openMemoryApprovals(), rateLimits: openMemoryRateLimiter() };
    const request = { agentId: "a", action: "tool_call", request: { tool: "transfer" } };
    const { requestId } = await storage.approvals.submit(request);
    const { approvals, rateLimits } = readOnly(storage);
    expect(await approvals.get(requestId)).toMatchObject({ state: "pending" });
    expect((await rateLimits.health()).status).toBe("ok");
    const denied = { code: "permission_denied", message: expect.stringContaining("writes") };
    await expect(approvals.submit(request)).rejects.toMatchObject({ ...denied, operation: "approvals.submit" });
    const decision = approvals.decide(requestId, { verdict: "approve", approver: "me" } as never);
    await expect(decision).rejects.toMatchObject({ ...denied, operation: "approvals.decide" });
    await expect(rateLimits.check([])).rejects.toMatchObject({ ...denied, operation: "rateLimits.check" });
  });
});
