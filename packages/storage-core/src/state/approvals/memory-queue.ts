import { checkKeys, checkObject } from "../../input.js";
import { type Clock, systemClock } from "../../time/clock.js";
import { checkClock } from "../check-clock.js";
import { guardState } from "../guard.js";
import { MemoryApprovalTable } from "./memory-table.js";
import { APPROVAL_DEFAULT_NAMES, type ApprovalDefaults, resolveApprovalDefaults } from "./normalize.js";
import { APPROVAL_OPERATIONS, type ApprovalQueue } from "./queue.js";
import { TableApprovalQueue } from "./table-queue.js";

export interface MemoryApprovalOptions extends ApprovalDefaults {
  /** Milliseconds since the epoch; default the system's clock. */
  readonly clock?: Clock | undefined;
}

/**
 * A queue in this process's memory: requests are gone when it ends, and other processes do not see them.
 * @throws `invalid_argument`
 */
export function openMemoryApprovals(options: MemoryApprovalOptions = {}): ApprovalQueue {
  checkObject("options", options);
  checkKeys("options", options, ["clock", ...APPROVAL_DEFAULT_NAMES]);
  const table = new MemoryApprovalTable(checkClock(options.clock ?? systemClock));
  const queue: ApprovalQueue = new TableApprovalQueue(table, resolveApprovalDefaults(options, 1000));
  return guardState(queue, { role: "approvals", backend: "memory", operations: APPROVAL_OPERATIONS });
}
