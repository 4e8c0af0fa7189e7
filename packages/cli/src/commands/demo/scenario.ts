import type { JsonObject, NewAgent, NewAuditEvent } from "@agent-assembly/storage-core";

/** A call one of the sample's agents may make. */
export interface SampleTool {
  readonly name: string;
  /** @param random a number from 0 up to 1 per call */
  readonly arguments: (random: () => number) => JsonObject;
  readonly result: JsonObject;
}

export interface SampleAgent extends NewAgent {
  readonly agentId: string;
  readonly teamId: string;
  readonly tools: readonly SampleTool[];
}

const between = (random: () => number, low: number, high: number): number => Math.floor(low + random() * (high - low));
const order = (random: () => number): JsonObject => ({ order_id: `W${between(random, 1_000_000, 9_999_999)}` });

export const SAMPLE_AGENTS: readonly SampleAgent[] = [
  {
    agentId: "support-bot",
    name: "Customer support",
    teamId: "support",
    metadata: { model: "gpt-4o", environment: "production" },
    tools: [
      { name: "get_order", arguments: order, result: { status: "delivered" } },
      {
        name: "get_customer",
        arguments: (random) => ({ customer_id: `c-${between(random, 100, 999)}` }),
        result: { tier: "gold" },
      },
      {
        name: "issue_refund",
        arguments: (random) => ({ ...order(random), amount: between(random, 10, 400), currency: "EUR" }),
        result: { refunded: true },
      },
      { name: "send_email", arguments: () => ({ template: "refund_confirmation" }), result: { queued: true } },
    ],
  },
  {
    agentId: "code-reviewer",
    name: "Pull request reviewer",
    teamId: "platform",
    metadata: { model: "claude-sonnet", environment: "production" },
    tools: [
      {
        name: "read_file",
        arguments: (random) => ({ path: `src/module-${between(random, 1, 40)}.ts` }),
        result: { lines: 120 },
      },
      { name: "run_tests", arguments: () => ({ suite: "unit" }), result: { passed: 214, failed: 0 } },
      {
        name: "merge_pull_request",
        arguments: (random) => ({ number: between(random, 400, 999) }),
        result: { merged: true },
      },
    ],
  },
  {
    agentId: "data-analyst",
    name: "Reporting",
    teamId: "data",
    metadata: { model: "gpt-4o-mini", environment: "staging" },
    tools: [
      {
        name: "run_query",
        arguments: (random) => ({ warehouse: "main", rows: between(random, 1, 5000) }),
        result: { ok: true },
      },
      {
        name: "export_table",
        arguments: () => ({ table: "customers", columns: ["email", "country"] }),
        result: { rows: 48_210 },
      },
    ],
  },
  {
    agentId: "infra-operator",
    name: "Cluster operator",
    teamId: "platform",
    metadata: { model: "claude-sonnet", environment: "production" },
    enforcementMode: "shadow",
    tools: [
      { name: "list_pods", arguments: () => ({ namespace: "checkout" }), result: { pods: 12 } },
      {
        name: "scale_service",
        arguments: (random) => ({ service: "checkout", replicas: between(random, 2, 20) }),
        result: { scaled: true },
      },
      {
        name: "delete_volume",
        arguments: (random) => ({ volume: `pv-${between(random, 1, 60)}` }),
        result: { deleted: true },
      },
    ],
  },
];

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
