import type { OneOrMany } from "../../audit/store.js";
import type { Page, PageRequest } from "../../support/page.js";
import type { StateHealth } from "../health.js";
import type {
  Approval,
  ApprovalState,
  ApprovalVerdict,
  ClaimedApproval,
  DecidedApproval,
  NewApproval,
  PendingApproval,
} from "./record.js";

/** Options of {@link ApprovalQueue.claim}. */
export interface ClaimOptions {
  /** Who claims. One party each: claiming again under the same name renews the lease. */
  readonly approver: string;
  /** How long the claim excludes other approvers, milliseconds; 1 to 86,400,000; default the queue's. */
  readonly leaseMs?: number | undefined;
}

/** Options of {@link ApprovalQueue.decide}. */
export interface DecideOptions {
  /** Who decides. */
  readonly approver: string;
  readonly verdict: ApprovalVerdict;
  /** The `digest` of what the approver has looked at; a decision on anything else is refused. */
  readonly digest: string;
  readonly reason?: string | undefined;
}

/** Selects requests; members that are given must all match. Without members it selects all requests. */
export interface ApprovalFilter {
  readonly state?: OneOrMany<ApprovalState> | undefined;
  readonly agentId?: OneOrMany<string> | undefined;
  readonly teamId?: OneOrMany<string> | undefined;
}

/**
 * Requests that wait for an approver's decision. Every request is decided exactly once: by an approver or, when it
 * expires, by its default. Linearizable across the processes that share the queue. A call about a request that was submitted
 * and that the store has lost fails with `corrupt`, as far as the store can tell; `list` leaves such requests out.
 */
export interface ApprovalQueue extends AsyncDisposable {
  /**
   * Idempotent: the same `requestId` with the same content returns the current state of the request.
   * @throws `invalid_argument`; `conflict` when the `requestId` is used by another request
   */
  submit(approval: NewApproval): Promise<Approval>;
  /**
   * Exactly one of several approvers gets the claim. An approver that dies loses it when the lease ends.
   * @throws `not_found`; `conflict` when it is decided, expired, or claimed by another
   */
  claim(requestId: string, options: ClaimOptions): Promise<ClaimedApproval>;
  /** Claims the oldest pending request that matches; `undefined` when there is none. @throws `invalid_argument` */
  claimNext(options: ClaimOptions, filter?: Omit<ApprovalFilter, "state">): Promise<ClaimedApproval | undefined>;
  /**
   * Releases a claim before its lease ends.
   * @throws `not_found`; `conflict` when it is decided, expired, or not claimed by this approver
   */
  release(requestId: string, options: { readonly approver: string }): Promise<PendingApproval>;
  /**
   * Decides a request that is pending or claimed by this approver.
   * @throws `not_found`; `conflict` when the digest does not match, or when the request is decided, expired, or claimed
   *   by another approver
   */
  decide(requestId: string, options: DecideOptions): Promise<DecidedApproval>;
  get(requestId: string): Promise<Approval | undefined>;
  /** Oldest first, by `(submittedAt, requestId)`; states as of the moment of the call. @throws `invalid_argument` */
  list(filter?: ApprovalFilter, page?: PageRequest): Promise<Page<Approval>>;
  /**
   * Resolves once the request is decided. Keeps waiting while the store is unavailable; an abort rejects with the
   * signal's reason.
   * @throws `not_found`; `closed` when the queue is closed while waiting
   */
  wait(requestId: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<DecidedApproval>;
  /** Reports `down` instead of throwing, except when closed. */
  health(): Promise<StateHealth>;
  /** Idempotent. Requests stay where they are. */
  close(): Promise<void>;
}

/** Every method that {@link guardState} wraps. */
export const APPROVAL_OPERATIONS = [
  "submit",
  "claim",
  "claimNext",
  "release",
  "decide",
  "get",
  "list",
  "wait",
  "health",
] as const satisfies readonly (keyof ApprovalQueue)[];
