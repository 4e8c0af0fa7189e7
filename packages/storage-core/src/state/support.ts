import type { ApprovalDefaults } from "./approvals/normalize.js";
import { openTableApprovals, type TableApprovalOptions } from "./approvals/open.js";
import type { ApprovalQueue } from "./approvals/queue.js";
import type { ApprovalTable } from "./approvals/table.js";
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

/** For a store that has a table for approvals. */
export function tableStateSupport(
  approvals: ApprovalTable,
  policyChanges: InvalidationChannel,
  options: TableApprovalOptions,
): StateSupport {
  return { openApprovals: (defaults = {}) => openTableApprovals(approvals, defaults, options), policyChanges };
}
