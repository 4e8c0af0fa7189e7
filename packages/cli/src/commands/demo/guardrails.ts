import type { JsonObject, NewAuditEvent } from "@agent-assembly/storage-core";

export const SAMPLE_POLICY_NAME = "demo-guardrails";

/** The policy the sample's decisions follow. */
export const SAMPLE_POLICY = `# What the agents of the sample may do.
version: 1
default: allow
rules:
  - id: refund-limit
    tool: issue_refund
    when: arguments.amount > 250
    decision: deny
  - id: no-volume-deletion
    tool: delete_volume
    decision: deny
  - id: replicas-need-approval
    tool: scale_service
    when: arguments.replicas > 10
    decision: pending
  - id: no-personal-data-export
    tool: export_table
    decision: deny
    mode: shadow
  - id: merge-rehearsal
    tool: merge_pull_request
    decision: allow
    dry_run: true
`;

type Decision = Pick<NewAuditEvent, "decision" | "dryRun" | "shadowDecision" | "matchedRuleId">;

/** What the sample's policy says about a call; `undefined` where no rule speaks of the tool. */
export function decide(tool: string, args: JsonObject): Decision | undefined {
  switch (tool) {
    case "issue_refund":
      return Number(args.amount) > 250 ? { decision: "deny", matchedRuleId: "refund-limit" } : { decision: "allow" };
    case "delete_volume":
      return { decision: "deny", matchedRuleId: "no-volume-deletion" };
    case "scale_service":
      return Number(args.replicas) > 10
        ? { decision: "pending", matchedRuleId: "replicas-need-approval" }
        : { decision: "allow" };
    case "export_table":
      return { decision: "allow", shadowDecision: "deny", matchedRuleId: "no-personal-data-export" };
    case "merge_pull_request":
      return { decision: "allow", dryRun: true, matchedRuleId: "merge-rehearsal" };
    default:
      return undefined;
  }
}
