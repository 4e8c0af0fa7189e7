import type { KeyedTable } from "../records/keyed-table.js";
import { type ApprovalQueueOptions, openApprovalQueue } from "./approvals/open.js";
import type { ApprovalDefaults } from "./approvals/parse.js";
import type { ApprovalQueue } from "./approvals/queue.js";
import type { ApprovalRow } from "./approvals/row.js";
import { createApprovalDriver, type TableApprovalOptions } from "./approvals/table-driver.js";
import type { InvalidationChannel } from "./policy-cache/channel.js";

/** What a store offers to the policy cache and to approvals, over its existing connections. */
export interface StateSupport {
  /**
   * An approval queue in tables of the store: requests outlive the process and are shared by all processes that use the
   * store. Close it before the store.
   * @throws `invalid_argument`
   */
  openApprovals(defaults?: ApprovalDefaults): ApprovalQueue;
  /**
   * Announces every activation and rollback once it is stored, from any process; callers need not publish them.
   * Subscribers in the same process are notified before the call resolves. Closed with the store.
   */
  readonly policyChanges: InvalidationChannel;
}

/** What differs between the approvals of backends. */
export interface StateSupportOptions extends ApprovalQueueOptions, Pick<TableApprovalOptions, "listen"> {}

/** For a store that has a table for approvals. */
export function createStateSupport(
  approvals: KeyedTable<ApprovalRow>,
  policyChanges: InvalidationChannel,
  { listen, ...options }: StateSupportOptions,
): StateSupport {
  const driver = createApprovalDriver(approvals, { backedBy: options.backend, listen, classify: options.classify });
  return { openApprovals: (defaults = {}) => openApprovalQueue(driver, defaults, options), policyChanges };
}
