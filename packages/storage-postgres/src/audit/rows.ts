import type { NormalizedEvent } from "@agent-assembly/storage-core/backend";
import { fromStoredJsonText } from "../sql/stored-json.js";
import { fromTimestamp } from "../sql/timestamps.js";

/** Columns of `audit_events` in the order of an {@link EventRow}; what is written and read. */
export const EVENT_COLUMNS = [
  "ts",
  "recorded_at",
  "event_id",
  "agent_id",
  "team_id",
  "org_id",
  "session_id",
  "trace_id",
  "action",
  "decision",
  "dry_run",
  "shadow_decision",
  "matched_rule_id",
  "tool",
  "payload",
] as const;

/** A row as the driver returns it; times and JSON are text. */
export type EventRow = readonly [
  ts: string,
  recordedAt: string,
  eventId: string,
  agentId: string,
  teamId: string | null,
  orgId: string | null,
  sessionId: string | null,
  traceId: string | null,
  action: string,
  decision: string,
  dryRun: boolean,
  shadowDecision: string | null,
  matchedRuleId: string | null,
  tool: string | null,
  payload: string | null,
];

/** The select list of an {@link EventRow}. @param alias of the table */
export function eventColumns(alias: string): string {
  return EVENT_COLUMNS.map((column) => `${alias}.${column}`).join(", ");
}

export function fromRow(row: EventRow): NormalizedEvent {
  const payload = row[14];
  return {
    ts: fromTimestamp(row[0]),
    recordedAt: fromTimestamp(row[1]),
    eventId: row[2],
    agentId: row[3],
    teamId: row[4],
    orgId: row[5],
    sessionId: row[6],
    traceId: row[7],
    action: row[8],
    decision: row[9],
    dryRun: row[10],
    shadowDecision: row[11],
    matchedRuleId: row[12],
    tool: row[13],
    payload: payload === null ? null : fromStoredJsonText(payload),
  };
}
