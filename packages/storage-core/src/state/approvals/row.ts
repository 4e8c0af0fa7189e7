import { type Condition, predicateOf } from "../../records/condition.js";
import type { JsonValue } from "../../support/json.js";
import type { Approval, ApprovalDecision, ApprovalState, ApprovalVerdict } from "./record.js";

/** An approval as it is stored: times in milliseconds, absent members `null`, the request as canonical JSON text. */
export interface ApprovalRow {
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

const UNDECIDED: Condition<ApprovalRow> = { member: "verdict", isNull: true };

/** The requests that wait for an approver at `now`. */
export function undecidedAt(now: number): Condition<ApprovalRow> {
  return { and: [UNDECIDED, { member: "expiresAt", gt: now }] };
}

/** Expired at `now`, and not yet recorded as such. */
export function unsettledAt(now: number): Condition<ApprovalRow> {
  return { and: [UNDECIDED, { member: "expiresAt", lte: now }] };
}

/** The requests in one of these states at `now`. */
export function inStates(states: readonly ApprovalState[], now: number): Condition<ApprovalRow> {
  const inState: Record<ApprovalState, () => Condition<ApprovalRow>> = {
    pending: () => ({
      and: [
        undecidedAt(now),
        {
          or: [
            { member: "claimExpiresAt", isNull: true },
            { member: "claimExpiresAt", lte: now },
          ],
        },
      ],
    }),
    claimed: () => ({ and: [undecidedAt(now), { member: "claimExpiresAt", gt: now }] }),
    approved: () => decidedAs("approve", now),
    denied: () => decidedAs("deny", now),
  };
  const any: Condition<ApprovalRow> = { or: states.map((state) => inState[state]()) };
  // Said once for all, so that an index of undecided requests serves any choice of these two.
  return states.every(isOpen) ? { and: [UNDECIDED, any] } : any;
}

/** Whether requests in a state wait for an approver. */
export function isOpen(state: ApprovalState): boolean {
  return state === "pending" || state === "claimed";
}

function decidedAs(verdict: ApprovalVerdict, now: number): Condition<ApprovalRow> {
  return {
    or: [{ member: "verdict", in: [verdict] }, { and: [unsettledAt(now), { member: "onExpiry", in: [verdict] }] }],
  };
}

/** The requests that were decided, or expired without a decision, before a time. */
export function decidedBefore(time: number): Condition<ApprovalRow> {
  return {
    or: [
      { member: "decidedAt", lt: time },
      // What expired before then was submitted before then, which is what an index goes by.
      { and: [UNDECIDED, { member: "submittedAt", lt: time }, { member: "expiresAt", lt: time }] },
    ],
  };
}

/** Expired at `now`, and not yet recorded as such. */
export function isUnsettled(stored: ApprovalRow, now: number): boolean {
  return predicateOf(unsettledAt(now))(stored);
}

/** Whether the request is claimed at `now`. */
export function isClaimed(stored: ApprovalRow, now: number): boolean {
  return predicateOf(inStates(["claimed"], now))(stored);
}

/** The public form as of `now`. */
export function toApproval(stored: ApprovalRow, now: number): Approval {
  return approvalsAt(now)(stored);
}

/** Makes the public form of requests as of `now`. */
export function approvalsAt(now: number): (stored: ApprovalRow) => Approval {
  const isPending = predicateOf(inStates(["pending"], now));
  const isClaimed = predicateOf(inStates(["claimed"], now));
  const isApproved = predicateOf(inStates(["approved"], now));
  return (stored) => {
    const submitted = submittedOf(stored);
    if (isPending(stored)) return { ...submitted, state: "pending" };
    if (isClaimed(stored)) {
      const claim = { approver: stored.claimedBy as string, expiresAt: new Date(stored.claimExpiresAt as number) };
      return { ...submitted, state: "claimed", claim };
    }
    return { ...submitted, state: isApproved(stored) ? "approved" : "denied", decision: decisionOf(stored) };
  };
}

function submittedOf({ requestId, agentId, teamId, action, request, digest, ...rest }: ApprovalRow) {
  return {
    requestId,
    agentId,
    ...(teamId !== null && { teamId }),
    action,
    request: JSON.parse(request) as JsonValue,
    digest,
    onExpiry: rest.onExpiry,
    submittedAt: new Date(rest.submittedAt),
    expiresAt: new Date(rest.expiresAt),
  };
}

/** @param stored decided, or expired */
function decisionOf({ verdict, decidedAt, decidedBy, reason, onExpiry, expiresAt }: ApprovalRow): ApprovalDecision {
  if (verdict === null || decidedAt === null) return { verdict: onExpiry, source: "expiry", at: new Date(expiresAt) };
  const decided = { verdict, at: new Date(decidedAt) };
  if (decidedBy === null) return { ...decided, source: "expiry" };
  return { ...decided, source: "approver", approver: decidedBy, ...(reason !== null && { reason }) };
}
