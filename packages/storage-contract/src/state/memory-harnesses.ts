import type { StorageBackend } from "@agent-assembly/storage-core";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import {
  type ApprovalQueue,
  openMemoryApprovals,
  openMemoryRateLimiter,
  openPolicyCache,
  type PolicyCache,
  ProcessInvalidationChannel,
  type RateLimiter,
} from "@agent-assembly/storage-core/state";
import { NOW } from "../support/fixtures.js";
import type { ApprovalHarness, PolicyCacheHarness, RateLimitHarness } from "./harness.js";

/** A clock that stands until it is told to move. */
class StandingClock {
  #now = NOW;

  readonly read = (): number => this.#now;

  move(ms: number): void {
    this.#now += ms;
  }
}

/** The clocks of the ports a harness made. */
class Clocks<Port extends object> {
  readonly #clocks = new WeakMap<Port, StandingClock>();

  of(port: Port): StandingClock {
    const clock = this.#clocks.get(port);
    if (clock === undefined) throw new TypeError("this port was not made by this harness");
    return clock;
  }

  give(port: Port, clock: StandingClock): Port {
    this.#clocks.set(port, clock);
    return port;
  }
}

/** Also the shortest example of a harness. */
export function memoryApprovalHarness(): ApprovalHarness {
  const clocks = new Clocks<ApprovalQueue>();
  const stores = new WeakMap<ApprovalQueue, StorageBackend>();
  const storeOf = (queue: ApprovalQueue): StorageBackend => {
    const store = stores.get(queue);
    if (store === undefined) throw new TypeError("this queue was not made by this harness");
    return store;
  };
  return {
    name: "memory",
    async create(options) {
      const clock = new StandingClock();
      const store = openMemoryStorage({ clock: clock.read });
      const queue = openMemoryApprovals({ pollMs: 20, ...options, clock: clock.read, audit: store.audit });
      stores.set(queue, store);
      return clocks.give(queue, clock);
    },
    advance: async (queue, ms) => clocks.of(queue).move(ms),
    log: (queue) => storeOf(queue).audit,
    async destroy(queue) {
      await queue.close();
      await storeOf(queue).close();
    },
  };
}

/** A harness for rate limiters in this process. */
export function memoryRateLimitHarness(): RateLimitHarness {
  const clocks = new Clocks<RateLimiter>();
  return {
    name: "memory",
    async create() {
      const clock = new StandingClock();
      return clocks.give(openMemoryRateLimiter({ clock: clock.read }), clock);
    },
    advance: async (limiter, ms) => clocks.of(limiter).move(ms),
    destroy: (limiter) => limiter.close(),
  };
}

/** A harness for policy caches in this process. */
export function memoryPolicyCacheHarness(): PolicyCacheHarness {
  const clocks = new Clocks<PolicyCache>();
  const channels = new WeakMap<PolicyCache, ProcessInvalidationChannel>();
  return {
    name: "memory",
    async create(options) {
      const clock = new StandingClock();
      const channel = new ProcessInvalidationChannel();
      const cache = openPolicyCache({ ...options, channel, clock: clock.read });
      channels.set(cache, channel);
      return clocks.give(cache, clock);
    },
    async second(first, options) {
      const clock = clocks.of(first);
      const cache = openPolicyCache({ ...options, channel: channels.get(first), clock: clock.read });
      return clocks.give(cache, clock);
    },
    advance: async (cache, ms) => clocks.of(cache).move(ms),
    destroy: (cache) => cache.close(),
  };
}
