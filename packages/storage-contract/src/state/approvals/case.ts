import assert from "node:assert/strict";
import type {
  Approval,
  ApprovalClaim,
  ApprovalDecision,
  ApprovalDefaults,
  ApprovalQueue,
  DecideOptions,
  NewApproval,
} from "@agent-assembly/storage-core/state";
import type { StateCase, StateContext } from "../case.js";
import type { ApprovalHarness } from "../harness.js";

export type ApprovalContext = StateContext<ApprovalHarness, ApprovalQueue, ApprovalDefaults>;
export type ApprovalCase = StateCase<ApprovalContext>;

/** A valid request; the same for the same `n`. */
export function request(n: number, members: Partial<NewApproval> = {}): NewApproval {
  return {
    requestId: `request-${String(n).padStart(4, "0")}`,
    agentId: "agent-1",
    teamId: "team-1",
    action: "tool_call",
    request: { tool: "transfer", arguments: { amount: n } },
    ...members,
  };
}

/** What `approver` says to a request it has looked at. */
export function verdict(approval: Approval, approver: string, members: Partial<DecideOptions> = {}): DecideOptions {
  return { approver, verdict: "approve", digest: approval.digest, ...members };
}

/** What holds a request; `undefined` unless it is claimed. */
export function claimOf(approval: Approval | undefined): ApprovalClaim | undefined {
  return approval?.state === "claimed" ? approval.claim : undefined;
}

/** What was decided; `undefined` while nothing is. */
export function decisionOf(approval: Approval | undefined): ApprovalDecision | undefined {
  return approval !== undefined && "decision" in approval ? approval.decision : undefined;
}

/** Who decided; `undefined` while nothing is decided, or when expiry did. */
export function deciderOf(approval: Approval | undefined): string | undefined {
  const decision = decisionOf(approval);
  return decision?.source === "approver" ? decision.approver : undefined;
}

/** The request as the queue has it. */
export async function stored(queue: ApprovalQueue, requestId: string): Promise<Approval> {
  return (await queue.get(requestId)) ?? assert.fail(`there is no ${requestId}`);
}
