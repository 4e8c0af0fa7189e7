import { describe, expect, it, onTestFinished, vi } from "vitest";
import { StorageError } from "../src/index.js";
import { openMemoryStorage } from "../src/memory/index.js";
import {
  announcing,
  type InvalidationChannel,
  type InvalidationListener,
  openPolicyCache,
  type SharedPolicyCache,
} from "../src/state/index.js";

/** A channel whose messages can be stopped. */
class Wire implements InvalidationChannel {
  readonly name = "wire";
  readonly published: string[] = [];
  cut = false;
  #listener: InvalidationListener | undefined;

  async publish(name: string): Promise<void> {
    if (this.cut) throw new StorageError({ code: "unavailable", message: "the wire is cut" });
    this.published.push(name);
    this.#listener?.({ type: "invalidated", name });
  }

  subscribe(listener: InvalidationListener): () => void {
    this.#listener = listener;
    return () => {
      this.#listener = undefined;
    };
  }

  say(type: "resumed" | "interrupted"): void {
    this.#listener?.(type === "resumed" ? { type } : { type, reason: "the wire is cut" });
  }
}

async function storeOf(versions: number) {
  const { policies } = openMemoryStorage();
  for (let n = 1; n <= versions; n++) await policies.save({ name: "p", source: `n: ${n}` }, { actor: "a" });
  await policies.activate("p", 1, { actor: "a" });
  return policies;
}

describe("the policy cache", () => {
  it("asks the store each time until it hears of changes", async () => {
    const wire = new Wire();
    await using cache = openPolicyCache({ store: await storeOf(1), channel: wire });
    for (let n = 0; n < 2; n++) expect((await cache.active("p")).source).toBe("store");
    expect(await cache.health()).toMatchObject({
      status: "degraded",
      backedBy: "wire is away: straight from the store",
    });
    wire.say("resumed");
    expect((await cache.active("p")).source).toBe("store");
    expect((await cache.active("p")).source).toBe("process");
    expect((await cache.health()).status).toBe("ok");
  });

  it("keeps the others when a policy is larger than all it may hold", async () => {
    const { policies: store } = openMemoryStorage();
    await using cache = openPolicyCache({ store, maxBytes: 3000 });
    for (const [name, size] of Object.entries({ small: 10, large: 2000 })) {
      await store.save({ name, source: `n: ${"x".repeat(size)}` }, { actor: "a" });
      await store.activate(name, 1, { actor: "a" });
      await cache.active(name);
    }
    expect((await cache.active("small")).source).toBe("process");
    expect((await cache.active("large")).source).toBe("store");
    expect((await cache.health()).details).toMatchObject({ entries: 1 });
  });

  it("announces later what it could not announce, and an activation is made all the same", async () => {
    const store = await storeOf(2);
    const wire = new Wire();
    await using cache = openPolicyCache({ store, channel: wire });
    wire.say("resumed");
    await cache.active("p");
    const unannounced: string[] = [];
    const policies = announcing(store, cache, {
      onUnannounced: (name, { code }) => unannounced.push(`${name} ${code}`),
    });
    wire.cut = true;
    wire.say("interrupted");
    await policies.activate("p", 2, { actor: "a" });
    expect(unannounced).toEqual(["p unavailable"]);
    expect((await cache.health()).problems.join()).toMatch(/1 changes have not been announced/);
    expect((await cache.active("p")).policy?.version).toBe(2);
    wire.cut = false;
    wire.say("resumed");
    await expect.poll(() => wire.published).toEqual(["p"]);
    expect((await cache.health()).status).toBe("ok");
  });

  it("goes on when the shared level fails, tries again every second, and reports it until it works again", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    let broken = true;
    const shared: SharedPolicyCache = {
      name: "level",
      async read() {
        if (broken) throw new StorageError({ code: "corrupt", message: "the level is broken" });
        return { found: false, token: "" };
      },
      write: async () => undefined,
      invalidate: async () => undefined,
    };
    await using cache = openPolicyCache({ store: await storeOf(1), shared });
    expect((await cache.active("p")).source).toBe("store");
    expect((await cache.health()).problems).toEqual(["the level is broken"]);
    await vi.advanceTimersByTimeAsync(1000);
    expect((await cache.health()).status).toBe("degraded");
    broken = false;
    await vi.advanceTimersByTimeAsync(1000);
    expect((await cache.health()).status).toBe("ok");
  });
});
