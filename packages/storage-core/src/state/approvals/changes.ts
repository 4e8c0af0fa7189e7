import { approvalErrors } from "./errors.js";
import type { ApprovalVerdict } from "./record.js";
import { type ApprovalRow, isClaimed, isUnsettled } from "./row.js";

/** The request after an approver claimed it. @throws `conflict` */
export function claimed(stored: ApprovalRow, approver: string, leaseMs: number, now: number): ApprovalRow {
  refuseOthers(stored, approver, now);
  return changed(stored, { claimedBy: approver, claimExpiresAt: now + leaseMs });
}

/** The request after its claim was given back. @throws `conflict` */
export function released(stored: ApprovalRow, approver: string, now: number): ApprovalRow {
  refuseOthers(stored, approver, now);
  if (!isClaimed(stored, now)) throw approvalErrors.notYours();
  return changed(stored, { claimedBy: null, claimExpiresAt: null });
}

/** The request after a decision. @throws `conflict` */
export function decided(
  stored: ApprovalRow,
  decision: { approver: string; verdict: ApprovalVerdict; digest: string; reason: string | null },
  now: number,
): ApprovalRow {
  if (stored.digest !== decision.digest) throw approvalErrors.otherDigest();
  refuseOthers(stored, decision.approver, now);
  return changed(stored, {
    claimedBy: null,
    claimExpiresAt: null,
    verdict: decision.verdict,
    decidedBy: decision.approver,
    reason: decision.reason,
    decidedAt: now,
  });
}

/** The request with what expiry decided written down; the same object when there is nothing to write. */
export function settled(stored: ApprovalRow, now: number): ApprovalRow {
  if (!isUnsettled(stored, now)) return stored;
  return changed(stored, {
    claimedBy: null,
    claimExpiresAt: null,
    verdict: stored.onExpiry,
    decidedAt: stored.expiresAt,
  });
}

/** Whether a second submission means the stored request. */
export function isSameRequest(stored: ApprovalRow, submitted: ApprovalRow): boolean {
  const members = ["digest", "agentId", "teamId", "action", "onExpiry"] as const;
  return members.every((member) => stored[member] === submitted[member]);
}

function refuseOthers(stored: ApprovalRow, approver: string, now: number): void {
  if (isUnsettled(stored, now)) throw approvalErrors.expired();
  if (stored.verdict !== null) {
    throw stored.decidedBy === null ? approvalErrors.expired() : approvalErrors.decided();
  }
  if (isClaimed(stored, now) && stored.claimedBy !== approver) throw approvalErrors.claimed();
}

function changed(stored: ApprovalRow, members: Partial<ApprovalRow>): ApprovalRow {
  return { ...stored, ...members, revision: stored.revision + 1 };
}
