import type { StorageBackend } from "@agent-assembly/storage-core";
import type { ApprovalQueue, PolicyCache, RateLimiter, StateHealth } from "@agent-assembly/storage-core/state";

/**
 * What a gateway asks for on every request. Each of the three is opened when it is first used, and closed with the
 * storage. A Redis that cannot be used for good (a wrong password, one older than 7) shows in what needs it, and in
 * `health`; everything else goes on.
 */
export interface StorageState {
  /** The active policies, over the storage's own. Straight from the store while Redis, where it is used, is away. */
  readonly policies: PolicyCache;
  /** In the store, where it outlives the process (SQLite, PostgreSQL), or on Redis. */
  readonly approvals: ApprovalQueue;
  /** In this process, or on Redis. */
  readonly limits: RateLimiter;
  /** Of all three. It opens them. Reports instead of throwing, except when closed. */
  health(): Promise<StateReport>;
}

/** How each port of hot-path state is, and what it stands on. */
export interface StateReport {
  readonly policies: StateHealth;
  readonly approvals: StateHealth;
  readonly limits: StateHealth;
}

/** A store, and the hot-path state that was configured for it. */
export interface AgentStorage extends StorageBackend {
  readonly state: StorageState;
}
