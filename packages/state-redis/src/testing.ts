import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { AuditStore, PolicyStore } from "@agent-assembly/storage-core";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import type {
  ApprovalDefaults,
  ApprovalQueue,
  PolicyCache,
  PolicyCacheLimits,
  RateLimiter,
} from "@agent-assembly/storage-core/state";
import { singleDriver } from "./driver/client.js";
import { parseRedisOptions, type RedisStateOptions } from "./options.js";
import { openRedisState, type RedisState } from "./state.js";

/** Timeout for a machine under load. */
const PATIENT = { commandTimeoutMs: 10_000 };

interface Opened {
  readonly prefix: string;
  readonly states: RedisState[];
}

/** Separates the keys of each port, and removes them. */
class Stores<Port extends object> {
  readonly #opened = new WeakMap<Port, Opened>();

  constructor(private readonly target: RedisStateOptions) {}

  async open(make: (state: RedisState) => Port, beside?: Port): Promise<Port> {
    const opened = beside === undefined ? { prefix: testPrefix(), states: [] } : this.#of(beside);
    const state = await openRedisState({ ...PATIENT, ...this.target, prefix: opened.prefix });
    opened.states.push(state);
    try {
      const port = make(state);
      this.#opened.set(port, opened);
      return port;
    } catch (error) {
      await state.close();
      throw error;
    }
  }

  async destroy(port: Port): Promise<void> {
    const { prefix, states } = this.#of(port);
    for (const state of states) await state.close();
    await removeKeys(this.target, prefix);
  }

  #of(port: Port): Opened {
    const opened = this.#opened.get(port);
    if (opened === undefined) throw new TypeError("this port was not made by this harness");
    return opened;
  }
}

/** A unique prefix. */
export function testPrefix(): string {
  return `aasm-test-${randomBytes(8).toString("hex")}`;
}

/** Removes all keys of a prefix from one server. */
export async function removeKeys(target: RedisStateOptions, prefix: string): Promise<void> {
  let failure: unknown;
  const driver = singleDriver(parseRedisOptions(target), (error) => {
    failure ??= error;
  });
  await driver.connect();
  try {
    let cursor = "0";
    do {
      const args = ["SCAN", cursor, "MATCH", `${prefix}:*`, "COUNT", "1000"];
      const [next, keys] = (await driver.send(undefined, args)) as [string, string[]];
      if (keys.length > 0) await driver.send(keys[0], ["UNLINK", ...keys]);
      cursor = next;
    } while (cursor !== "0");
  } finally {
    driver.destroy();
  }
  if (failure !== undefined) throw failure;
}

/** Waits for real time to pass; a little longer, since clocks are read in milliseconds. */
const advance = async (_port: unknown, ms: number): Promise<void> => {
  await sleep(ms + 2);
};

/**
 * The approvals harness for `@agent-assembly/storage-contract`, with a unique prefix for each queue.
 * @param name of the profile
 */
export function redisApprovalHarness(name: string, target: RedisStateOptions) {
  const stores = new Stores<ApprovalQueue>(target);
  const logs = new WeakMap<ApprovalQueue, AuditStore>();
  const logOf = (queue: ApprovalQueue): AuditStore => {
    const log = logs.get(queue);
    if (log === undefined) throw new TypeError("this queue was not made by this harness");
    return log;
  };
  async function open(options: ApprovalDefaults, audit: AuditStore, beside?: ApprovalQueue): Promise<ApprovalQueue> {
    const queue = await stores.open((state) => state.openApprovals({ ...options, audit }), beside);
    logs.set(queue, audit);
    return queue;
  }
  return {
    name,
    create: (options: ApprovalDefaults) => open(options, openMemoryStorage().audit),
    second: (first: ApprovalQueue, options: ApprovalDefaults) => open(options, logOf(first), first),
    async reopen(queue: ApprovalQueue, options: ApprovalDefaults) {
      await queue.close();
      return open(options, logOf(queue), queue);
    },
    advance,
    log: logOf,
    destroy: (queue: ApprovalQueue) => stores.destroy(queue),
  };
}

/** The harness of rate limits; see {@link redisApprovalHarness}. */
export function redisRateLimitHarness(name: string, target: RedisStateOptions) {
  const stores = new Stores<RateLimiter>(target);
  const make = (state: RedisState) => state.openRateLimiter();
  return {
    name,
    create: () => stores.open(make),
    second: (first: RateLimiter) => stores.open(make, first),
    advance,
    destroy: (limiter: RateLimiter) => stores.destroy(limiter),
  };
}

interface CacheOptions extends PolicyCacheLimits {
  readonly store: Pick<PolicyStore, "active">;
}

/**
 * The harness of the policy cache; see {@link redisApprovalHarness}.
 * @param interrupt cuts all connections to the server, until the returned function is called
 */
export function redisPolicyCacheHarness(
  name: string,
  target: RedisStateOptions,
  interrupt: () => Promise<() => Promise<void>>,
) {
  const stores = new Stores<PolicyCache>(target);
  const make = (options: CacheOptions) => (state: RedisState) => state.openPolicyCache(options);
  const until = async (cache: PolicyCache, status: string): Promise<void> => {
    while ((await cache.health()).status !== status) await sleep(10);
  };
  return {
    name,
    create: (options: CacheOptions) => stores.open(make(options)),
    second: (first: PolicyCache, options: CacheOptions) => stores.open(make(options), first),
    async interrupt(cache: PolicyCache) {
      const restore = await interrupt();
      await until(cache, "degraded");
      return async () => {
        await restore();
        await until(cache, "ok");
      };
    },
    advance,
    destroy: (cache: PolicyCache) => stores.destroy(cache),
  };
}
