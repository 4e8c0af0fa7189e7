import type { AuditStore } from "../../audit/store.js";
import type { ErrorLocation, StorageError } from "../../errors.js";
import { checkKeys, checkObject } from "../../support/input.js";
import type { TokenKeys } from "../../tokens/keys.js";
import { guardState } from "../guard.js";
import { DriverApprovalQueue } from "./create-queue.js";
import type { ApprovalDriver } from "./driver.js";
import { APPROVAL_DEFAULT_NAMES, type ApprovalDefaults, parseApprovalDefaults } from "./parse.js";
import { APPROVAL_OPERATIONS, type ApprovalQueue } from "./queue.js";
import { RecordingApprovalDriver } from "./recording-driver.js";

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
  /** Sign the cursors of lists. @default none */
  readonly tokenKeys?: TokenKeys | undefined;
}

/** Defaults of a queue whose requests are not in the store that has the audit log. */
export interface OpenApprovalsOptions extends ApprovalDefaults {
  /**
   * Records each request, decision and expiry before the call is answered, as events of action `governance`. @default none: nothing
   * is recorded
   */
  readonly audit?: Pick<AuditStore, "append"> | undefined;
}

/** Splits what is for the driver from the defaults of the queue. */
export function recordedApprovals(
  driver: ApprovalDriver,
  { audit, ...defaults }: OpenApprovalsOptions,
): { readonly driver: ApprovalDriver; readonly defaults: ApprovalDefaults } {
  return { driver: audit === undefined ? driver : new RecordingApprovalDriver(driver, audit), defaults };
}

/** A guarded queue over a store's driver. @throws `invalid_argument` */
export function openApprovalQueue(
  driver: ApprovalDriver,
  defaults: ApprovalDefaults,
  { backend, pollMs, classify, location, tokenKeys }: ApprovalQueueOptions,
): ApprovalQueue {
  checkObject("options", defaults);
  checkKeys("options", defaults, APPROVAL_DEFAULT_NAMES);
  const resolved = parseApprovalDefaults(defaults, pollMs);
  const queue: ApprovalQueue = new DriverApprovalQueue(driver, resolved, classify, tokenKeys);
  return guardState(queue, { role: "approvals", backend, operations: APPROVAL_OPERATIONS, classify, location });
}
