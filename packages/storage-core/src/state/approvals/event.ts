import { createHash } from "node:crypto";
import { AUDIT_ACTIONS, AUDIT_DECISIONS, type NewAuditEvent } from "../../audit/event.js";
import { canonicalJson } from "../../support/canonical-json.js";
import { uuidV8 } from "../../support/ids.js";
import type { DecidedApproval } from "./record.js";

/**
 * A decided approval as an audit event: action `approval`, decision `allow` or `deny`, at the time of the decision. The
 * payload has the request's id, action and digest, who decided and why, and in `latencyMs` how long the request waited, which
 * the metric `approvals.latency` reads. Its `eventId` follows from the request's id and the decision, so that appending it
 * twice stores it once.
 * @example
 * ```ts
 * import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
 * import { approvalEvent, openMemoryApprovals } from "@agent-assembly/storage-core/state";
 *
 * await using storage = openMemoryStorage();
 * const approvals = openMemoryApprovals();
 * const request = { tool: "issue_refund", amount: 700 };
 * const { requestId, digest } = await approvals.submit({ agentId: "support-bot", action: "tool_call", request });
 * const decided = await approvals.decide(requestId, { verdict: "approve", digest, approver: "ann" });
 * await storage.audit.append([approvalEvent(decided)]);
 * ```
 */
export function approvalEvent(approval: DecidedApproval): NewAuditEvent {
  const { requestId, agentId, teamId, action, digest, submittedAt, decision } = approval;
  const { verdict, at, source } = decision;
  const identity = canonicalJson({ requestId, digest, submittedAt: submittedAt.getTime(), decidedAt: at.getTime() });
  const by =
    decision.source === "expiry"
      ? {}
      : {
          approver: decision.approver,
          ...(decision.reason === undefined ? {} : { reason: decision.reason }),
        };
  return {
    ts: at,
    eventId: uuidV8(createHash("sha256").update(identity).digest("hex")),
    agentId,
    ...(teamId === undefined ? {} : { teamId }),
    action: AUDIT_ACTIONS.approval,
    decision: verdict === "approve" ? AUDIT_DECISIONS.allow : AUDIT_DECISIONS.deny,
    payload: {
      requestId,
      requestedAction: action,
      digest,
      decidedBy: source,
      ...by,
      latencyMs: Math.max(0, at.getTime() - submittedAt.getTime()),
    },
  };
}
