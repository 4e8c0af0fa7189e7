import type { StorageBackend, StorageError } from "@agent-assembly/storage-core";
import {
  APPROVAL_OPERATIONS,
  type ApprovalQueue,
  announcing,
  openMemoryApprovals,
  openMemoryRateLimiter,
  openPolicyCache,
  POLICY_CACHE_OPERATIONS,
  type PolicyCache,
  ProcessInvalidationChannel,
  RATE_LIMIT_OPERATIONS,
  type RateLimiter,
  type StateHealth,
} from "@agent-assembly/storage-core/state";
import type { ModuleImporter } from "../backend-loader.js";
import type { AgentStorage } from "./agent-storage.js";
import { lazyPort } from "./lazy-port.js";
import { type LazyRedis, openLazyRedis } from "./lazy-redis.js";
import { checkStateOptions, type StateOptions } from "./options.js";
import { untilHeard } from "./until-heard.js";

/**
 * Adds policy cache, approvals and rate limits to a store; they are closed before it.
 * @throws `unsupported` when Redis is enabled and its package is not installed; `invalid_argument`
 */
export async function withState(
  backend: StorageBackend,
  options: StateOptions,
  load: ModuleImporter,
): Promise<AgentStorage> {
  checkStateOptions(options);
  const redis = options.redis === undefined ? undefined : await openLazyRedis(options.redis, load);
  const { policyCache, approvals, rateLimits, stateHealth } = stateOver(backend, options, redis);
  const close = async (): Promise<void> => {
    try {
      await Promise.all([policyCache.close(), approvals.close(), rateLimits.close()]);
      await redis?.close();
    } finally {
      await backend.close();
    }
  };
  // A store that announces changes itself reaches every process. Otherwise the process that makes a change announces
  // it.
  const tellsItself = redis === undefined && backend.stateSupport !== undefined;
  const policies = tellsItself ? backend.policies : announcing(backend.policies, policyCache);
  return Object.defineProperties({} as AgentStorage, {
    ...Object.getOwnPropertyDescriptors(backend),
    policies: { value: policies, enumerable: true },
    policyCache: { value: policyCache, enumerable: true },
    approvals: { value: approvals, enumerable: true },
    rateLimits: { value: rateLimits, enumerable: true },
    stateHealth: { value: stateHealth, enumerable: true },
    close: { value: close, enumerable: true },
    [Symbol.asyncDispose]: { value: close },
  });
}

type State = Pick<AgentStorage, "policyCache" | "approvals" | "rateLimits" | "stateHealth">;

function stateOver(backend: StorageBackend, options: StateOptions, redis: LazyRedis | undefined): State {
  const policyCache = policyPort(backend, options, redis);
  const approvals = approvalPort(backend, options, redis);
  const rateLimits = limitPort(options, redis);
  const channel = backend.stateSupport?.policyChanges;
  return {
    policyCache,
    approvals,
    rateLimits,
    stateHealth: async () => {
      const { status } = await policyCache.health();
      // If this call opened it, it could only report that it has received nothing yet.
      if (status !== "ok" && redis === undefined && channel !== undefined) await untilHeard(channel);
      const [ofPolicies, ofApprovals, ofLimits] = await Promise.all([
        policyCache.health(),
        approvals.health(),
        rateLimits.health(),
      ]);
      return { policyCache: ofPolicies, approvals: ofApprovals, rateLimits: ofLimits };
    },
  };
}

function policyPort(backend: StorageBackend, { policyCache }: StateOptions, redis: LazyRedis | undefined): PolicyCache {
  const store = backend.policies;
  const channel = backend.stateSupport?.policyChanges ?? new ProcessInvalidationChannel();
  return lazyPort<PolicyCache>({
    role: "policyCache",
    backend: redis === undefined ? backend.name : "redis",
    operations: POLICY_CACHE_OPERATIONS,
    open: async () =>
      redis === undefined
        ? openPolicyCache({ ...policyCache, store, channel })
        : (await redis.ports()).policyCache({ ...policyCache, store }),
    // Every decision of the gateway needs a policy, and the store has it.
    without: (problem) => ({
      active: async (name) => ({ policy: await store.active(name), source: "store", ageMs: 0 }),
      health: async () => unusable("degraded", "redis cannot be used: straight from the store", problem),
    }),
  });
}

function approvalPort(
  backend: StorageBackend,
  { approvals }: StateOptions,
  redis: LazyRedis | undefined,
): ApprovalQueue {
  return lazyPort<ApprovalQueue>({
    role: "approvals",
    backend: redis === undefined ? backend.name : "redis",
    operations: APPROVAL_OPERATIONS,
    open: async () => {
      if (redis !== undefined) return (await redis.ports()).approvals(approvals);
      return backend.stateSupport?.openApprovals(approvals) ?? openMemoryApprovals(approvals);
    },
    without: (problem) => ({ health: async () => unusable("down", "redis cannot be used", problem) }),
  });
}

function limitPort({ redis: options }: StateOptions, redis: LazyRedis | undefined): RateLimiter {
  return lazyPort<RateLimiter>({
    role: "rateLimits",
    backend: redis === undefined ? "memory" : "redis",
    operations: RATE_LIMIT_OPERATIONS,
    open: async () => {
      if (redis === undefined) return openMemoryRateLimiter();
      return (await redis.ports()).rateLimiter({
        onUnavailable: options?.onUnavailable,
        localShare: options?.localShare,
      });
    },
    without: (problem) => ({ health: async () => unusable("down", "redis cannot be used", problem) }),
  });
}

function unusable(status: StateHealth["status"], backedBy: string, { message }: StorageError): StateHealth {
  return { status, backedBy, problems: [message], details: {} };
}
