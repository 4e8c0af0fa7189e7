import type { JsonValue } from "../../support/json.js";
import type { Approval, ApprovalDecision, ApprovalState, ApprovalVerdict } from "./approval.js";

/** An approval as it is stored: times in milliseconds, absent members `null`, the request as canonical JSON text. */
export interface StoredApproval {
  readonly requestId: string;
  readonly agentId: string;
  readonly teamId: string | null;
  readonly action: string;
  readonly request: string;
  readonly digest: string;
  readonly onExpiry: ApprovalVerdict;
  readonly submittedAt: number;
  readonly expiresAt: number;
  readonly claimedBy: string | null;
  readonly claimExpiresAt: number | null;
  /** `null` while undecided; the request may have expired nevertheless. */
  readonly verdict: ApprovalVerdict | null;
  /** `null` with a verdict: expiry decided. */
  readonly decidedBy: string | null;
  readonly reason: string | null;
  readonly decidedAt: number | null;
  /** 1 when submitted; incremented by every change. */
  readonly revision: number;
}

/** The state in force at `now`. */
export function approvalStateAt(stored: StoredApproval, now: number): ApprovalState {
  const verdict = stored.verdict ?? (stored.expiresAt <= now ? stored.onExpiry : null);
  if (verdict !== null) return verdict === "approve" ? "approved" : "denied";
  return stored.claimExpiresAt !== null && stored.claimExpiresAt > now ? "claimed" : "pending";
}

/** Expired, and not yet recorded as such. */
export function isUnsettled(stored: StoredApproval, now: number): boolean {
  return stored.verdict === null && stored.expiresAt <= now;
}

/** The public form as of `now`. */
export function toApproval(stored: StoredApproval, now: number): Approval {
  const state = approvalStateAt(stored, now);
  const decision = decisionAt(stored, now);
  return {
    requestId: stored.requestId,
    agentId: stored.agentId,
    ...(stored.teamId !== null && { teamId: stored.teamId }),
    action: stored.action,
    request: JSON.parse(stored.request) as JsonValue,
    digest: stored.digest,
    onExpiry: stored.onExpiry,
    submittedAt: new Date(stored.submittedAt),
    expiresAt: new Date(stored.expiresAt),
    state,
    ...(state === "claimed" && {
      claim: { approver: stored.claimedBy as string, expiresAt: new Date(stored.claimExpiresAt as number) },
    }),
    ...(decision !== undefined && { decision }),
  };
}

function decisionAt(stored: StoredApproval, now: number): ApprovalDecision | undefined {
  if (stored.verdict === null) {
    if (stored.expiresAt > now) return undefined;
    return { verdict: stored.onExpiry, source: "expiry", at: new Date(stored.expiresAt) };
  }
  return {
    verdict: stored.verdict,
    source: stored.decidedBy === null ? "expiry" : "approver",
    ...(stored.decidedBy !== null && { approver: stored.decidedBy }),
    ...(stored.reason !== null && { reason: stored.reason }),
    at: new Date(stored.decidedAt as number),
  };
}
