import type { StorageError } from "../../errors.js";
import { checkKeys, checkObject } from "../../support/input.js";
import { guardState } from "../guard.js";
import { APPROVAL_DEFAULT_NAMES, type ApprovalDefaults, resolveApprovalDefaults } from "./normalize.js";
import { APPROVAL_OPERATIONS, type ApprovalQueue } from "./queue.js";
import type { ApprovalTable } from "./table.js";
import { TableApprovalQueue } from "./table-queue.js";

/** Options of {@link openTableApprovals}: what differs between backends. */
export interface TableApprovalOptions {
  /** As errors name it. */
  readonly backend: string;
  /** The default of {@link ApprovalDefaults.pollMs}. */
  readonly pollMs: number;
  /** The table's errors by code. */
  readonly classify?: ((error: unknown) => StorageError) | undefined;
}

/** A guarded queue over a store's table. @throws `invalid_argument` */
export function openTableApprovals(
  table: ApprovalTable,
  defaults: ApprovalDefaults,
  { backend, pollMs, classify }: TableApprovalOptions,
): ApprovalQueue {
  checkObject("options", defaults);
  checkKeys("options", defaults, APPROVAL_DEFAULT_NAMES);
  const queue: ApprovalQueue = new TableApprovalQueue(table, resolveApprovalDefaults(defaults, pollMs), classify);
  return guardState(queue, { role: "approvals", backend, operations: APPROVAL_OPERATIONS, classify });
}
