import type { ApprovalDefaults } from "./approvals/normalize.js";
import { openTableApprovals, type TableApprovalOptions } from "./approvals/open.js";
import type { ApprovalQueue } from "./approvals/queue.js";
import type { ApprovalTable } from "./approvals/table.js";
import type { InvalidationChannel } from "./policy-cache/channel.js";

/** What a store does for hot-path state, over the connections it has anyway. */
export interface StateSupport {
  /**
   * A queue in tables of the store: requests outlive the process, and all processes that use the store share them. It
   * counts on the store: close it before the store.
   * @throws `invalid_argument`
   */
  openApprovals(defaults?: ApprovalDefaults): ApprovalQueue;
  /**
   * Tells of every activation and rollback once it is stored, whoever stored it; nobody needs to publish them. What this
   * process stores, its own subscribers hear of before the call resolves. It ends with the store.
   */
  readonly policyChanges: InvalidationChannel;
}

/** Of a store that has a table for approvals. */
export function tableStateSupport(
  approvals: ApprovalTable,
  policyChanges: InvalidationChannel,
  options: TableApprovalOptions,
): StateSupport {
  return { openApprovals: (defaults = {}) => openTableApprovals(approvals, defaults, options), policyChanges };
}
