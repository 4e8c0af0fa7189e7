import { checkKeys, checkObject } from "@agent-assembly/storage-core/backend";
import {
  guardState,
  openApprovalQueue,
  openPolicyCache,
  parsePolicyCacheLimits,
  RATE_LIMIT_OPERATIONS,
  type RateLimiter,
  recordedApprovals,
  type StateBackend,
  type StateHealth,
} from "@agent-assembly/storage-core/state";
import { RedisApprovalDriver, WAIT_POLL_MS } from "./approvals/driver.js";
import { classifyRedisError } from "./driver/errors.js";
import { RedisPool } from "./driver/pool.js";
import { poolHealth } from "./driver/pool-health.js";
import { Subscriber } from "./driver/subscriber.js";
import { RedisKeys } from "./keys.js";
import { parseRedisOptions, type RedisStateOptions, type ResolvedRedisOptions } from "./options.js";
import { RedisInvalidationChannel } from "./policy-cache/invalidation-channel.js";
import { RedisPolicyCache } from "./policy-cache/level.js";
import { RedisRateLimiter } from "./rate-limits/limiter.js";

/** Policy cache, approvals and rate limits on one Redis, over the same few connections. */
export interface RedisState extends Required<Omit<StateBackend, "policyChanges">> {
  /** Of the server and the connection; each port has its own `health`, too. */
  health(): Promise<StateHealth>;
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
 * const approvals = redis.openApprovals({ expiresInMs: 600_000, onExpiry: "deny" });
 * const { requestId } = await approvals.submit({ agentId: "agent-1", action: "tool_call", request: { tool: "refund" } });
 * console.log((await approvals.wait(requestId)).state);
 * ```
 */
export async function openRedisState(options: RedisStateOptions): Promise<RedisState> {
  const resolved = parseRedisOptions(options);
  const keys = new RedisKeys(resolved.prefix);
  const pool = new RedisPool(resolved);
  const subscriber = new Subscriber(resolved, [keys.channel("approvals"), keys.channel("policies")]);
  const started = await Promise.allSettled([pool.start(), subscriber.start()]);
  const failure = started.find((outcome) => outcome.status === "rejected");
  if (failure !== undefined) {
    await Promise.all([pool.close(), subscriber.close()]);
    throw failure.reason;
  }
  return makeState({ pool, subscriber, keys, options: resolved });
}

function makeState({
  pool,
  subscriber,
  keys,
  options: resolved,
}: {
  pool: RedisPool;
  subscriber: Subscriber;
  keys: RedisKeys;
  options: ResolvedRedisOptions;
}): RedisState {
  const ports: Closable[] = [];
  const opened = <P extends Closable>(port: P): P => {
    ports.push(port);
    return port;
  };
  const common = { backend: "redis", classify: classifyRedisError };
  const state: RedisState = {
    openApprovals(options = {}) {
      const stored = new RedisApprovalDriver(pool, keys, subscriber, options.audit);
      const { driver, defaults } = recordedApprovals(stored, options);
      const { tokenKeys } = resolved;
      return opened(openApprovalQueue(driver, defaults, { pollMs: WAIT_POLL_MS, tokenKeys, ...common }));
    },
    openRateLimiter() {
      const limiter: RateLimiter = new RedisRateLimiter(pool, keys, resolved);
      return opened(guardState(limiter, { role: "rateLimits", operations: RATE_LIMIT_OPERATIONS, ...common }));
    },
    openPolicyCache(options) {
      checkObject("options", options);
      checkKeys("options", options, ["store", "ttlMs", "maxEntries", "maxBytes"]);
      const { ttlMs } = parsePolicyCacheLimits(options);
      const shared = new RedisPolicyCache(pool, keys, ttlMs);
      const channel = new RedisInvalidationChannel(pool, keys, subscriber);
      // While Redis is unavailable, the cache reads the store.
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
