import type { Approval, ApprovalQueue } from "@agent-assembly/storage-core/state";

const WEEK_MS = 7 * 86_400_000;

/** One of the sample's calls waits for a yes or no; a second time it is the same request, decided or not. */
export function submitSampleApproval(approvals: ApprovalQueue): Promise<Approval> {
  return approvals.submit({
    requestId: "aasm-demo-scale-service",
    agentId: "infra-operator",
    teamId: "platform",
    action: "tool_call",
    request: { tool: "scale_service", arguments: { service: "checkout", replicas: 18 } },
    expiresInMs: WEEK_MS,
    onExpiry: "deny",
  });
}
