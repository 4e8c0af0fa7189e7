import type { PolicyStore } from "../policies/store.js";
import type { KeyedTable } from "../records/keyed-table.js";
import { type ApprovalQueueOptions, type OpenApprovalsOptions, openApprovalQueue } from "./approvals/open.js";
import type { ApprovalQueue } from "./approvals/queue.js";
import type { ApprovalRow } from "./approvals/row.js";
import { createApprovalDriver, type TableApprovalOptions } from "./approvals/table-driver.js";
import type { PolicyCache } from "./policy-cache/cache.js";
import type { InvalidationChannel } from "./policy-cache/channel.js";
import type { PolicyCacheLimits } from "./policy-cache/options.js";
import type { RateLimiter } from "./rate-limits/limiter.js";

/** A kind of hot-path state. */
export type StateKind = "policyCache" | "approvals" | "rateLimits";

/** Limits of a policy cache, and the store that it reads. */
export interface OpenPolicyCacheOptions extends PolicyCacheLimits {
  /** Where the policies are. */
  readonly store: Pick<PolicyStore, "active">;
}

/**
 * The hot-path state that a backend can hold, over its existing connections. What is absent is kept in the process, or
 * where `openStorage` is told to keep it.
 */
export interface StateSupport {
  /**
   * A queue whose requests outlive the process and are shared by all processes that use the backend. Close it before
   * the backend.
   * @param options `audit`: for a backend that is not the store of the audit log; a store records changes by itself
   * @throws `invalid_argument`
   */
  openApprovals?(options?: OpenApprovalsOptions): ApprovalQueue;
  /** Limits that all processes share. @throws `invalid_argument` */
  openRateLimiter?(): RateLimiter;
  /**
   * This process's cache over a level that all processes share. All processes must use the same TTL.
   * @throws `invalid_argument`
   */
  openPolicyCache?(options: OpenPolicyCacheOptions): PolicyCache;
  /**
   * Announces every activation and rollback once it is stored, from any process; callers need not publish them.
   * Subscribers in the same process are notified before the call resolves. Closed with the backend.
   */
  readonly policyChanges?: InvalidationChannel;
}

/** Hot-path state apart from a store, as `BackendModule.state` opens it. */
export interface StateBackend extends StateSupport, AsyncDisposable {
  /** Closes the ports that are still open, and the connections; idempotent. */
  close(): Promise<void>;
}

/** What {@link createStateSupport} offers. */
export type TableStateSupport = Required<Pick<StateSupport, "openApprovals" | "policyChanges">>;

/** What differs between the approvals of backends. */
export interface StateSupportOptions extends ApprovalQueueOptions, Pick<TableApprovalOptions, "listen"> {}

/**
 * For a store that has a table for approvals.
 * @param policyChanges `undefined` where no other process can change policies: `openStorage` then announces changes itself
 */
export function createStateSupport(
  approvals: KeyedTable<ApprovalRow>,
  policyChanges: InvalidationChannel,
  options: StateSupportOptions,
): TableStateSupport;
export function createStateSupport(
  approvals: KeyedTable<ApprovalRow>,
  policyChanges: undefined,
  options: StateSupportOptions,
): Pick<TableStateSupport, "openApprovals">;
export function createStateSupport(
  approvals: KeyedTable<ApprovalRow>,
  policyChanges: InvalidationChannel | undefined,
  { listen, ...options }: StateSupportOptions,
): StateSupport {
  const driver = createApprovalDriver(approvals, { backedBy: options.backend, listen, classify: options.classify });
  const openApprovals = ({ audit: _, ...defaults }: OpenApprovalsOptions = {}): ApprovalQueue =>
    openApprovalQueue(driver, defaults, options);
  return policyChanges === undefined ? { openApprovals } : { openApprovals, policyChanges };
}
