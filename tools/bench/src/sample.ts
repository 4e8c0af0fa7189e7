import type { NewAuditEvent } from "@agent-assembly/storage-core";

const TOOLS = ["search", "read_file", "send_email", "query_database", "http_get"];

/** The columns of `audit_events` that the raw drivers write and read. */
export const RAW_COLUMNS =
  "ts, recorded_at, event_id, agent_id, team_id, org_id, session_id, trace_id, action, decision, dry_run, shadow_decision, matched_rule_id, tool, payload";

let counter = 0;

/** A UUID that no other event of this run has. */
function nextId(): string {
  counter++;
  return `00000000-0000-7000-8000-${counter.toString(16).padStart(12, "0")}`;
}

/** Events with payloads of about 500 bytes, of 50 agents, one millisecond apart. */
export function sampleEvents(count: number, startMs: number): NewAuditEvent[] {
  return Array.from({ length: count }, (_, n) => ({
    ts: new Date(startMs + n),
    eventId: nextId(),
    agentId: `agent-${n % 50}`,
    teamId: `team-${n % 5}`,
    sessionId: `session-${n >> 6}`,
    action: "tool_call",
    decision: n % 10 === 0 ? "deny" : "allow",
    matchedRuleId: `rule-${n % 7}`,
    payload: {
      tool: TOOLS[n % TOOLS.length] as string,
      arguments: { query: `find order ${n}`, limit: 20, tags: ["a", "b", "c"], note: "x".repeat(150) },
      result: { status: "ok", rows: n % 100, text: "y".repeat(180) },
    },
  }));
}
