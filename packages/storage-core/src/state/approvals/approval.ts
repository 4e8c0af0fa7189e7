import type { JsonValue } from "../../support/json.js";

/** What is decided about a request. */
export type ApprovalVerdict = "approve" | "deny";

/**
 * The state at the time of reading: a request whose claim has lapsed is `pending` again, an expired request has been
 * decided by its default.
 */
export type ApprovalState = "pending" | "claimed" | "approved" | "denied";

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

/** The decision on a request. It is final. */
export interface ApprovalDecision {
  readonly verdict: ApprovalVerdict;
  /** `expiry`: the request expired without a decision. */
  readonly source: "approver" | "expiry";
  /** Who decided; absent for `expiry`. */
  readonly approver?: string;
  readonly reason?: string;
  readonly at: Date;
}

/** A request for approval, as it stands at the moment of reading. */
export interface Approval {
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
  readonly state: ApprovalState;
  /** Present while `claimed`. */
  readonly claim?: ApprovalClaim;
  /** Present once `approved` or `denied`. */
  readonly decision?: ApprovalDecision;
}
