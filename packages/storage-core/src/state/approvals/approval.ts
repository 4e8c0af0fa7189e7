import type { JsonValue } from "../../support/json.js";

export type ApprovalVerdict = "approve" | "deny";

/** As read at a moment: a claim whose lease is over is `pending` again, an expired request is decided by its default. */
export type ApprovalState = "pending" | "claimed" | "approved" | "denied";

/** What `submit` takes. */
export interface NewApproval {
  /** Makes repeating the call harmless; default a UUID v7. */
  readonly requestId?: string | undefined;
  readonly agentId: string;
  readonly teamId?: string | undefined;
  /** What the agent wants to do; as in audit events, e.g. `tool_call`. */
  readonly action: string;
  /** All that the approval is to cover, for instance the tool and its arguments. At most 256 KiB as canonical JSON. */
  readonly request: JsonValue;
  /** Milliseconds until it is decided by `onExpiry`; 1 to 30 days; default the queue's. */
  readonly expiresInMs?: number | undefined;
  /** Default the queue's. */
  readonly onExpiry?: ApprovalVerdict | undefined;
}

/** Somebody's exclusive right to decide, for a time. */
export interface ApprovalClaim {
  readonly approver: string;
  readonly expiresAt: Date;
}

export interface ApprovalDecision {
  readonly verdict: ApprovalVerdict;
  /** `expiry`: nobody decided in time. */
  readonly source: "approver" | "expiry";
  /** Who; absent for `expiry`. */
  readonly approver?: string;
  readonly reason?: string;
  readonly at: Date;
}

export interface Approval {
  readonly requestId: string;
  readonly agentId: string;
  readonly teamId?: string;
  readonly action: string;
  readonly request: JsonValue;
  /** `requestDigest(request)`: whoever acts on a decision compares it with the digest of what is about to be done. */
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
