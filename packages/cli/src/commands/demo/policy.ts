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
