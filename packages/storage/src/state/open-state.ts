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
import type { ModuleImporter } from "../backends/load-module.js";
import type { AgentStorage } from "./agent-storage.js";
import { lazyPort } from "./lazy-port.js";
import type { StateTarget } from "./options.js";
import { loadSharedState, type SharedState } from "./shared-state.js";
import { untilHeard } from "./until-heard.js";

/**
 * Adds policy cache, approvals and rate limits to a store; they are closed before it.
 * @throws `unsupported` when the package of shared state is not installed or keeps none; `invalid_argument`
 */
export async function withState(
  backend: StorageBackend,
  target: StateTarget,
  load: ModuleImporter,
): Promise<AgentStorage> {
  const shared = target.shared === undefined ? undefined : await loadSharedState(target.shared, load, target.tokenKey);
  const { policyCache, approvals, rateLimits, stateHealth } = stateOver(backend, target, shared);
  const close = async (): Promise<void> => {
    try {
      await Promise.all([policyCache.close(), approvals.close(), rateLimits.close()]);
      await shared?.close();
    } finally {
      await backend.close();
    }
  };
  // A store that announces changes itself reaches every process. Otherwise the process that makes a change announces
  // it.
  const announcesItself = !shared?.has("policyCache") && backend.stateSupport?.policyChanges !== undefined;
  const policies = announcesItself ? backend.policies : announcing(backend.policies, policyCache);
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

function stateOver(backend: StorageBackend, target: StateTarget, shared: SharedState | undefined): State {
  const policyCache = policyPort(backend, target, shared);
  const approvals = approvalPort(backend, target, shared);
  const rateLimits = limitPort(backend, shared);
  const channel = backend.stateSupport?.policyChanges;
  return {
    policyCache,
    approvals,
    rateLimits,
    stateHealth: async () => {
      const { status } = await policyCache.health();
      // If this call opened it, it could only report that it has received nothing yet.
      if (status !== "ok" && !shared?.has("policyCache") && channel !== undefined) await untilHeard(channel);
      const [ofPolicies, ofApprovals, ofLimits] = await Promise.all([
        policyCache.health(),
        approvals.health(),
        rateLimits.health(),
      ]);
      return { policyCache: ofPolicies, approvals: ofApprovals, rateLimits: ofLimits };
    },
  };
}

function policyPort(
  backend: StorageBackend,
  { policyCache }: StateTarget,
  shared: SharedState | undefined,
): PolicyCache {
  const { policies: store, stateSupport } = backend;
  const channel = stateSupport?.policyChanges ?? new ProcessInvalidationChannel();
  const options = { ...policyCache, store };
  const name = shared?.has("policyCache") ? shared.name : backend.name;
  return lazyPort<PolicyCache>({
    role: "policyCache",
    backend: name,
    operations: POLICY_CACHE_OPERATIONS,
    open: async () => {
      if (shared?.has("policyCache")) return shared.port("openPolicyCache", options);
      return stateSupport?.openPolicyCache?.(options) ?? openPolicyCache({ ...options, channel });
    },
    // Every decision of the gateway needs a policy, and the store has it.
    without: (problem) => ({
      active: async (policy) => ({ policy: await store.active(policy), source: "store", ageMs: 0 }),
      health: async () => unusable("degraded", `${name} cannot be used: straight from the store`, problem),
    }),
  });
}

function approvalPort(
  backend: StorageBackend,
  { approvals, tokenKey, recordsApprovals = true }: StateTarget,
  shared: SharedState | undefined,
): ApprovalQueue {
  const name = shared?.has("approvals") ? shared.name : backend.name;
  const options = { ...approvals, ...(recordsApprovals && { audit: backend.audit }) };
  return lazyPort<ApprovalQueue>({
    role: "approvals",
    backend: name,
    operations: APPROVAL_OPERATIONS,
    open: async () => {
      if (shared?.has("approvals")) return shared.port("openApprovals", options);
      return backend.stateSupport?.openApprovals?.(approvals) ?? openMemoryApprovals({ ...options, tokenKey });
    },
    without: (problem) => ({ health: async () => unusable("down", `${name} cannot be used`, problem) }),
  });
}

function limitPort({ name: store, stateSupport }: StorageBackend, shared: SharedState | undefined): RateLimiter {
  const own = stateSupport?.openRateLimiter === undefined ? "memory" : store;
  const name = shared?.has("rateLimits") ? shared.name : own;
  return lazyPort<RateLimiter>({
    role: "rateLimits",
    backend: name,
    operations: RATE_LIMIT_OPERATIONS,
    open: async () => {
      if (shared?.has("rateLimits")) return shared.port("openRateLimiter");
      return stateSupport?.openRateLimiter?.() ?? openMemoryRateLimiter();
    },
    without: (problem) => ({ health: async () => unusable("down", `${name} cannot be used`, problem) }),
  });
}

function unusable(status: StateHealth["status"], backedBy: string, { message }: StorageError): StateHealth {
  return { status, backedBy, problems: [message], details: {} };
}
