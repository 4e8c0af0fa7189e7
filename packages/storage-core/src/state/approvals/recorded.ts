import { AUDIT_DECISIONS } from "../../audit/event.js";
import type { AuditEventRow } from "../../audit/row.js";
import { type GovernanceFacts, governanceEvent, isoOf } from "../../governance/event.js";
import type { RecordChange } from "../../governance/record-change.js";
import type { ApprovalRow } from "./row.js";

/** Claims are not recorded: they decide nothing. */
export const unrecorded: RecordChange<ApprovalRow> = () => undefined;

/** The event that records a request. Its time and id follow from the row, so that recording it twice stores it once. */
export function submissionEvent(row: ApprovalRow): AuditEventRow {
  return governanceEvent({
    ...commonOf(row),
    change: "approval.submitted",
    at: row.submittedAt,
    decision: AUDIT_DECISIONS.pending,
    after: {
      requestedAction: row.action,
      request: `sha256:${row.digest}`,
      onExpiry: row.onExpiry,
      expiresAt: isoOf(row.expiresAt),
    },
  });
}

/** What is recorded of a decision, by an approver or by expiry. */
export const recordDecision: RecordChange<ApprovalRow> = (_, decided) => decisionEvent(decided as ApprovalRow);

/** The event that records the decision of a request; `undefined` while there is none. As for {@link submissionEvent}, always the same. */
export function decisionEvent(row: ApprovalRow): AuditEventRow | undefined {
  const { verdict, decidedBy, decidedAt, reason, submittedAt } = row;
  if (verdict === null || decidedAt === null) return undefined;
  return governanceEvent({
    ...commonOf(row),
    change: decidedBy === null ? "approval.expired" : "approval.decided",
    at: decidedAt,
    decision: verdict === "approve" ? AUDIT_DECISIONS.allow : AUDIT_DECISIONS.deny,
    by: { actor: decidedBy, reason },
    after: {
      requestedAction: row.action,
      request: `sha256:${row.digest}`,
      verdict,
      waitedMs: Math.max(0, decidedAt - submittedAt),
    },
  });
}

/** What is recorded of a request that its store has lost. @param submittedAt milliseconds since the epoch, the place in its order */
export function lossEvent(requestId: string, submittedAt: number): AuditEventRow {
  return governanceEvent({
    change: "approval.lost",
    at: submittedAt,
    subject: { requestId },
    decision: AUDIT_DECISIONS.error,
    once: true,
  });
}

function commonOf({
  requestId,
  agentId,
  teamId,
}: ApprovalRow): Pick<GovernanceFacts, "subject" | "agentId" | "teamId" | "once"> {
  return { subject: { requestId }, agentId, teamId, once: true };
}
