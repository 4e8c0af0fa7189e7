import type { JsonValue } from "../../support/json.js";

/** What is decided about a request. */
export type ApprovalVerdict = "approve" | "deny";

/**
 * The state at the time of reading: a request whose claim has lapsed is `pending` again, an expired request has been
 * decided by its default.
 */
export type ApprovalState = Approval["state"];

/** The argument of `submit`. */
export interface NewApproval {
  /** Makes the call idempotent; default a UUID v7. */
  readonly requestId?: string | undefined;
  readonly agentId: string;
  readonly teamId?: string | undefined;
  /** What the agent wants to do; as in audit events, e.g. `tool_call`. */
  readonly action: string;
  /** Everything the approval covers, for instance the tool and its arguments. At most 256 KiB as canonical JSON. */
  readonly request: JsonValue;
  /** Milliseconds until it is decided by `onExpiry`; 1 to 30 days; default the queue's. */
  readonly expiresInMs?: number | undefined;
  /** Default the queue's. */
  readonly onExpiry?: ApprovalVerdict | undefined;
}

/** An approver's exclusive right to decide, until its lease ends. */
export interface ApprovalClaim {
  readonly approver: string;
  readonly expiresAt: Date;
}

interface Decided {
  readonly verdict: ApprovalVerdict;
  readonly at: Date;
}

/** The decision of an approver. */
export interface ApproverDecision extends Decided {
  readonly source: "approver";
  readonly approver: string;
  readonly reason?: string;
}

/** The default that decided when the request expired. */
export interface ExpiryDecision extends Decided {
  readonly source: "expiry";
}

/** The decision on a request. It is final. */
export type ApprovalDecision = ApproverDecision | ExpiryDecision;

interface SubmittedApproval {
  readonly requestId: string;
  readonly agentId: string;
  readonly teamId?: string;
  readonly action: string;
  readonly request: JsonValue;
  /** `requestDigest(request)`. Before acting on a decision, compare it with the digest of the intended action. */
  readonly digest: string;
  readonly onExpiry: ApprovalVerdict;
  readonly submittedAt: Date;
  readonly expiresAt: Date;
}

/** A request that any approver may claim or decide. */
export interface PendingApproval extends SubmittedApproval {
  readonly state: "pending";
}

/** A request that one approver may decide until the claim ends. */
export interface ClaimedApproval extends SubmittedApproval {
  readonly state: "claimed";
  readonly claim: ApprovalClaim;
}

/** A request with its decision, which stays. */
export interface DecidedApproval extends SubmittedApproval {
  readonly state: "approved" | "denied";
  readonly decision: ApprovalDecision;
}

/** A request as of the moment of reading. */
export type Approval = PendingApproval | ClaimedApproval | DecidedApproval;
