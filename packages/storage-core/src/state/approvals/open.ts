import type { ErrorLocation, StorageError } from "../../errors.js";
import { checkKeys, checkObject } from "../../support/input.js";
import { guardState } from "../guard.js";
import { DriverApprovalQueue } from "./create-queue.js";
import type { ApprovalDriver } from "./driver.js";
import { APPROVAL_DEFAULT_NAMES, type ApprovalDefaults, parseApprovalDefaults } from "./parse.js";
import { APPROVAL_OPERATIONS, type ApprovalQueue } from "./queue.js";

/** Options of {@link openApprovalQueue}: what differs between backends. */
export interface ApprovalQueueOptions {
  /** As errors name it. */
  readonly backend: string;
  /** The default of {@link ApprovalDefaults.pollMs}. */
  readonly pollMs: number;
  /** The driver's errors by code. */
  readonly classify?: ((error: unknown) => StorageError) | undefined;
  /** As for `guardBackend`. */
  readonly location?: ErrorLocation | undefined;
}

/** A guarded queue over a store's driver. @throws `invalid_argument` */
export function openApprovalQueue(
  driver: ApprovalDriver,
  defaults: ApprovalDefaults,
  { backend, pollMs, classify, location }: ApprovalQueueOptions,
): ApprovalQueue {
  checkObject("options", defaults);
  checkKeys("options", defaults, APPROVAL_DEFAULT_NAMES);
  const queue: ApprovalQueue = new DriverApprovalQueue(driver, parseApprovalDefaults(defaults, pollMs), classify);
  return guardState(queue, { role: "approvals", backend, operations: APPROVAL_OPERATIONS, classify, location });
}
