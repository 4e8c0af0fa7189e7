import type { PolicyStore } from "@agent-assembly/storage-core";
import { checkKeys, checkObject } from "@agent-assembly/storage-core/backend";
import {
  type ApprovalDefaults,
  type ApprovalQueue,
  guardState,
  openPolicyCache,
  openTableApprovals,
  type PolicyCache,
  type PolicyCacheLimits,
  RATE_LIMIT_OPERATIONS,
  type RateLimiter,
  resolvePolicyCacheLimits,
  type StateHealth,
} from "@agent-assembly/storage-core/state";
import { RedisApprovalTable, WAIT_POLL_MS } from "./approvals/table.js";
import { classifyRedisError } from "./driver/errors.js";
import { RedisPool } from "./driver/pool.js";
import { poolHealth } from "./driver/pool-health.js";
import { Subscriber } from "./driver/subscriber.js";
import { RedisKeys } from "./keys.js";
import { type RedisStateOptions, resolveRedisOptions } from "./options.js";
import { RedisInvalidationChannel } from "./policy-cache/invalidation-channel.js";
import { RedisPolicyCache } from "./policy-cache/level.js";
import { RedisRateLimiter, type RedisRateLimiterOptions, resolveRateLimiterOptions } from "./rate-limits/limiter.js";

/** Options of a policy cache on Redis: the store to read from, and the limits of the cache in this process. */
export interface RedisPolicyCacheOptions extends PolicyCacheLimits {
  /** Where the policies are. */
  readonly store: Pick<PolicyStore, "active">;
}

/** The three ports on one Redis, over the same few connections. */
export interface RedisState extends AsyncDisposable {
  /** @throws `invalid_argument` */
  approvals(options?: ApprovalDefaults): ApprovalQueue;
  /** @throws `invalid_argument` */
  rateLimiter(options?: RedisRateLimiterOptions): RateLimiter;
  /**
   * This process's cache over the level that all processes share over the store. While Redis is away it asks the store.
   * All processes have to use the same TTL.
   * @throws `invalid_argument`
   */
  policyCache(options: RedisPolicyCacheOptions): PolicyCache;
  /** Of the server and the connection; each port has its own `health`, too. */
  health(): Promise<StateHealth>;
  /** Closes the ports and the connections; idempotent. */
  close(): Promise<void>;
}

interface Closable {
  close(): Promise<void>;
}

/**
 * Connects, or goes on trying in the background when the server cannot be reached now: the ports say what they do then.
 * @throws `invalid_argument` for bad options, or when what answers is no Redis; `permission_denied` for a wrong password;
 *   `unsupported` for a Redis older than 7
 * @example
 * ```ts
 * import { openRedisState } from "@agent-assembly/state-redis";
 *
 * await using redis = await openRedisState({ url: "redis://localhost:6379" });
 * const approvals = redis.approvals({ expiresInMs: 600_000, onExpiry: "deny" });
 * const { requestId } = await approvals.submit({ agentId: "agent-1", action: "tool_call", request: { tool: "refund" } });
 * console.log((await approvals.wait(requestId)).state);
 * ```
 */
export async function openRedisState(options: RedisStateOptions): Promise<RedisState> {
  const resolved = resolveRedisOptions(options);
  const keys = new RedisKeys(resolved.prefix);
  const pool = new RedisPool(resolved);
  const subscriber = new Subscriber(resolved, [keys.channel("approvals"), keys.channel("policies")]);
  const started = await Promise.allSettled([pool.start(), subscriber.start()]);
  const failure = started.find((outcome) => outcome.status === "rejected");
  if (failure !== undefined) {
    await Promise.all([pool.close(), subscriber.close()]);
    throw failure.reason;
  }
  return makeState({ pool, subscriber, keys });
}

function makeState({
  pool,
  subscriber,
  keys,
}: {
  pool: RedisPool;
  subscriber: Subscriber;
  keys: RedisKeys;
}): RedisState {
  const ports: Closable[] = [];
  const opened = <P extends Closable>(port: P): P => {
    ports.push(port);
    return port;
  };
  const common = { backend: "redis", classify: classifyRedisError };
  const state: RedisState = {
    approvals(options = {}) {
      const table = new RedisApprovalTable(pool, keys, subscriber);
      return opened(openTableApprovals(table, options, { pollMs: WAIT_POLL_MS, ...common }));
    },
    rateLimiter(options = {}) {
      const limiter: RateLimiter = new RedisRateLimiter(pool, keys, resolveRateLimiterOptions(options));
      return opened(guardState(limiter, { role: "rateLimits", operations: RATE_LIMIT_OPERATIONS, ...common }));
    },
    policyCache(options) {
      checkObject("options", options);
      checkKeys("options", options, ["store", "ttlMs", "maxEntries", "maxBytes"]);
      const { ttlMs } = resolvePolicyCacheLimits(options);
      const shared = new RedisPolicyCache(pool, keys, ttlMs);
      const channel = new RedisInvalidationChannel(pool, keys, subscriber);
      return opened(openPolicyCache({ ...options, shared, channel }));
    },
    health: () => poolHealth(pool, "redis is away", "down"),
    async close() {
      await Promise.all(ports.map((port) => port.close()));
      await Promise.all([pool.close(), subscriber.close()]);
    },
    [Symbol.asyncDispose]: () => state.close(),
  };
  const operations = ["health"] as const;
  const guarded = guardState(state, { role: "redis", operations, ...common });
  return { ...state, health: guarded.health, close: guarded.close, [Symbol.asyncDispose]: guarded.close };
}
