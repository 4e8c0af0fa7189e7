import type { StorageBackend } from "@agent-assembly/storage-core";
import type { ApprovalQueue, PolicyCache, RateLimiter, StateHealth } from "@agent-assembly/storage-core/state";

/**
 * A store with what a gateway needs on every request: policy cache, approvals and rate limits. Each is opened on first
 * use and closed with the storage. A Redis that can never be used (wrong password, older than 7) fails only the
 * operations that need it, and shows in `stateHealth`.
 */
export interface AgentStorage extends StorageBackend {
  /**
   * The active policies, cached over `storage.policies`. Read from the store while Redis, if enabled, is unavailable.
   */
  readonly policyCache: PolicyCache;
  /** Kept in the store (on SQLite and PostgreSQL they outlive the process), or on Redis. */
  readonly approvals: ApprovalQueue;
  /** Kept in this process, or on Redis. */
  readonly rateLimits: RateLimiter;
  /** Health of all three, which it opens. Reports problems instead of throwing, except when closed. */
  stateHealth(): Promise<StateReport>;
}

/** The health of policy cache, approvals and rate limits, and what backs each. */
export interface StateReport {
  readonly policyCache: StateHealth;
  readonly approvals: StateHealth;
  readonly rateLimits: StateHealth;
}
