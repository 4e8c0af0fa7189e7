import type { NormalizedEvent } from "@agent-assembly/storage-core/backend";
import type { SchemaElement } from "hyparquet";
import type { ArchivedColumn } from "../manifest/manifest.js";

const TIMESTAMP = "TIMESTAMP(ms, UTC)";
const STRING = "STRING";
const BOOLEAN = "BOOLEAN";

interface AuditColumn extends ArchivedColumn {
  readonly field: keyof NormalizedEvent;
}

const column = (name: string, field: keyof NormalizedEvent, type: string, nullable: boolean): AuditColumn => ({
  name,
  field,
  type,
  nullable,
});

/** In file order. `payload` is last: what stands before it is read in one piece, and often it is not read at all. */
const COLUMNS: readonly AuditColumn[] = [
  column("ts", "ts", TIMESTAMP, false),
  column("recorded_at", "recordedAt", TIMESTAMP, false),
  column("event_id", "eventId", STRING, false),
  column("agent_id", "agentId", STRING, false),
  column("team_id", "teamId", STRING, true),
  column("org_id", "orgId", STRING, true),
  column("session_id", "sessionId", STRING, true),
  column("trace_id", "traceId", STRING, true),
  column("action", "action", STRING, false),
  column("decision", "decision", STRING, false),
  column("dry_run", "dryRun", BOOLEAN, false),
  column("shadow_decision", "shadowDecision", STRING, true),
  column("matched_rule_id", "matchedRuleId", STRING, true),
  column("tool", "tool", STRING, true),
  column("payload", "payload", STRING, true),
];

/** The columns as manifests list them. */
export const AUDIT_COLUMNS: readonly ArchivedColumn[] = COLUMNS.map(({ name, type, nullable }) => ({
  name,
  type,
  nullable,
}));

export const PAYLOAD_COLUMN = "payload";

/** Names of all columns but the payload, in order. */
export const KEY_COLUMNS: readonly string[] = COLUMNS.map(({ name }) => name).filter((name) => name !== PAYLOAD_COLUMN);

export const COLUMN_OF = Object.fromEntries(COLUMNS.map(({ field, name }) => [field, name])) as Readonly<
  Record<keyof NormalizedEvent, string>
>;

/** The Parquet schema: the root, then the columns. */
export const PARQUET_SCHEMA: SchemaElement[] = [
  { name: "audit_event", num_children: COLUMNS.length },
  ...COLUMNS.map(element),
];

function element({ name, type, nullable }: AuditColumn): SchemaElement {
  const shared = { name, repetition_type: nullable ? "OPTIONAL" : "REQUIRED" } as const;
  switch (type) {
    case TIMESTAMP:
      return {
        ...shared,
        type: "INT64",
        converted_type: "TIMESTAMP_MILLIS",
        logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MILLIS" },
      };
    case BOOLEAN:
      return { ...shared, type: "BOOLEAN" };
    default:
      return { ...shared, type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } };
  }
}

/** A row group as the Parquet writer takes it. */
export function columnsOf(events: readonly NormalizedEvent[]) {
  return COLUMNS.map(({ name, field, type }) => {
    const values = events.map((event) => event[field]);
    return {
      name,
      data: type === TIMESTAMP ? values.map((ms) => BigInt(ms as number)) : values,
      // All different: looking for repetitions would take longer than writing them.
      ...(field === "eventId" || field === "payload" ? { encoding: "PLAIN" as const } : {}),
      // The smallest and the largest payload would repeat two payloads in the footer and help no query.
      statistics: field !== "payload",
    };
  });
}

/** The event of one row of {@link KEY_COLUMNS}; times are in milliseconds already. */
export function eventOf(keys: readonly unknown[], payload: string | null): NormalizedEvent {
  const [ts, recordedAt, eventId, agentId, teamId, orgId, sessionId, traceId, action, decision, dryRun] = keys;
  return {
    ts: ts as number,
    recordedAt: recordedAt as number,
    eventId: eventId as string,
    agentId: agentId as string,
    teamId: text(teamId),
    orgId: text(orgId),
    sessionId: text(sessionId),
    traceId: text(traceId),
    action: action as string,
    decision: decision as string,
    dryRun: dryRun as boolean,
    shadowDecision: text(keys[11]),
    matchedRuleId: text(keys[12]),
    tool: text(keys[13]),
    payload,
  };
}

function text(value: unknown): string | null {
  return (value as string | null | undefined) ?? null;
}
