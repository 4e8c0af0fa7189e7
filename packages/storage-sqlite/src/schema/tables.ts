import type { AgentStatus, PolicyActivation, PolicyFormat } from "@agent-assembly/storage-core";
import {
  type AgentRow,
  type ApiTokenRow,
  type ArchiveRow,
  AUDIT_EVENT_COLUMNS,
  type AuditMember,
  type ErasureRow,
  type HoldRow,
  type LeaseRow,
  type RunRow,
} from "@agent-assembly/storage-core/backend";
import type { ApprovalRow } from "@agent-assembly/storage-core/state";
import { sql } from "drizzle-orm";
import {
  blob,
  index,
  integer,
  primaryKey,
  type SQLiteColumnBuilderBase,
  sqliteTable,
  text,
  uniqueIndex,
} from "drizzle-orm/sqlite-core";

/**
 * The tables as drizzle sees them; the SQL in `migrations/` is what makes them, and a test holds the two together.
 * Times are milliseconds since the epoch. Members are named as in the stored forms of storage-core.
 */

function eventColumns(): Record<AuditMember, SQLiteColumnBuilderBase> {
  const columns = AUDIT_EVENT_COLUMNS.map(({ member, column, type, nullable }): [string, SQLiteColumnBuilderBase] => {
    if (type === "timestamp" || type === "boolean") {
      return [member, nullable ? integer(column) : integer(column).notNull()];
    }
    return [member, nullable ? text(column) : text(column).notNull()];
  });
  return Object.fromEntries(columns) as Record<AuditMember, SQLiteColumnBuilderBase>;
}

export const auditEvents = sqliteTable(
  "audit_events",
  {
    seq: integer("seq").primaryKey({ autoIncrement: true }),
    ...eventColumns(),
  },
  (table) => [
    uniqueIndex("audit_events_key").on(table.ts, table.eventId),
    index("audit_events_agent").on(table.agentId, table.ts, table.eventId),
    index("audit_events_dry_run").on(table.ts, table.eventId).where(sql`dry_run = 1`),
    index("audit_events_session").on(table.sessionId, table.ts).where(sql`session_id IS NOT NULL`),
    index("audit_events_trace").on(table.traceId, table.ts).where(sql`trace_id IS NOT NULL`),
  ],
);

export const auditCountKeys = sqliteTable(
  "audit_count_keys",
  {
    id: integer("id").primaryKey(),
    cube: integer("cube").notNull(),
    agentId: text("agent_id"),
    teamId: text("team_id"),
    action: text("action"),
    decision: text("decision"),
    dryRun: integer("dry_run"),
    matchedRuleId: text("matched_rule_id"),
    tool: text("tool"),
  },
  (table) => [
    uniqueIndex("audit_count_keys_members").on(
      table.cube,
      sql`ifnull(agent_id, x'')`,
      sql`ifnull(team_id, x'')`,
      sql`ifnull(action, x'')`,
      sql`ifnull(decision, x'')`,
      sql`ifnull(dry_run, x'')`,
      sql`ifnull(matched_rule_id, x'')`,
      sql`ifnull(tool, x'')`,
    ),
  ],
);

export const auditCounts = sqliteTable(
  "audit_counts",
  {
    cubeLevel: integer("cube_level").notNull(),
    hour: integer("hour").notNull(),
    keyId: integer("key_id").notNull(),
    events: integer("events").notNull(),
    payloadBytes: integer("payload_bytes").notNull(),
  },
  (table) => [primaryKey({ columns: [table.cubeLevel, table.hour, table.keyId] })],
);

export const auditCountState = sqliteTable("audit_count_state", {
  id: integer("id").primaryKey(),
  foldedSeq: integer("folded_seq").notNull(),
  generation: integer("generation").notNull(),
});

export const auditDroppedKeys = sqliteTable(
  "audit_dropped_keys",
  {
    id: integer("id").primaryKey(),
    agentId: text("agent_id").notNull(),
    teamId: text("team_id"),
    action: text("action").notNull(),
    decision: text("decision").notNull(),
    dryRun: integer("dry_run").notNull(),
    matchedRuleId: text("matched_rule_id"),
    tool: text("tool"),
  },
  (table) => [
    uniqueIndex("audit_dropped_keys_members").on(
      table.agentId,
      sql`ifnull(team_id, x'')`,
      table.action,
      table.decision,
      table.dryRun,
      sql`ifnull(matched_rule_id, x'')`,
      sql`ifnull(tool, x'')`,
    ),
  ],
);

export const auditDroppedCounts = sqliteTable(
  "audit_dropped_counts",
  {
    level: integer("level").notNull(),
    hour: integer("hour").notNull(),
    keyId: integer("key_id").notNull(),
    events: integer("events").notNull(),
  },
  (table) => [primaryKey({ columns: [table.level, table.hour, table.keyId] })],
);

export const agents = sqliteTable("agent_registry", {
  agentId: text("agent_id").primaryKey(),
  name: text("name"),
  teamId: text("team_id"),
  orgId: text("org_id"),
  baseEnforcementMode: text("base_enforcement_mode").notNull(),
  windowMode: text("window_mode"),
  windowExpiresAt: integer("window_expires_at"),
  credential: text("credential"),
  credentialGeneration: integer("credential_generation").notNull(),
  credentialRotatedAt: integer("credential_rotated_at"),
  status: text("status").$type<AgentStatus>().notNull(),
  lastSeenAt: integer("last_seen_at"),
  metadata: text("metadata").notNull(),
  revision: integer("revision").notNull(),
  registeredAt: integer("registered_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
});

export const policyVersions = sqliteTable(
  "policy_versions",
  {
    name: text("name").notNull(),
    version: integer("version").notNull(),
    format: text("format").$type<PolicyFormat>().notNull(),
    digest: text("digest").notNull(),
    size: integer("size").notNull(),
    actor: text("actor").notNull(),
    createdAt: integer("created_at").notNull(),
    source: blob("source", { mode: "buffer" }).notNull(),
    document: text("document").notNull(),
  },
  (table) => [primaryKey({ columns: [table.name, table.version] })],
);

export const policyActive = sqliteTable("policy_active", {
  name: text("name").primaryKey(),
  version: integer("version").notNull(),
});

export const policyActivations = sqliteTable(
  "policy_activations",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    name: text("name").notNull(),
    fromVersion: integer("from_version"),
    toVersion: integer("to_version").notNull(),
    kind: text("kind").$type<PolicyActivation["kind"]>().notNull(),
    actor: text("actor").notNull(),
    at: integer("at").notNull(),
  },
  (table) => [index("policy_activations_name").on(table.name, table.id)],
);

export const retentionRuns = sqliteTable("retention_runs", {
  runId: text("run_id").primaryKey(),
  startedAt: integer("started_at").notNull(),
  finishedAt: integer("finished_at"),
  outcome: text("outcome").$type<RunRow["outcome"]>().notNull(),
  scheduledFor: integer("scheduled_for"),
  rows: integer("rows").notNull(),
  bytes: integer("bytes").notNull(),
  detail: text("detail").notNull(),
});

export const leases = sqliteTable("leases", {
  name: text("name").primaryKey(),
  owner: text("owner").notNull(),
  expiresAt: integer("expires_at").notNull(),
});

export const legalHolds = sqliteTable(
  "legal_holds",
  {
    holdId: text("hold_id").primaryKey(),
    agentId: text("agent_id"),
    teamId: text("team_id"),
    from: integer("covers_from"),
    to: integer("covers_to"),
    reason: text("reason").notNull(),
    actor: text("actor").notNull(),
    placedAt: integer("placed_at").notNull(),
    releasedAt: integer("released_at"),
    releaseActor: text("release_actor"),
    releaseReason: text("release_reason"),
  },
  (table) => [
    index("legal_holds_in_force").on(table.agentId, table.teamId, table.from, table.to).where(sql`released_at IS NULL`),
  ],
);

export const apiTokens = sqliteTable("api_tokens", {
  tokenId: text("token_id").primaryKey(),
  hash: text("hash").notNull(),
  name: text("name").notNull(),
  scopes: text("scopes").notNull(),
  teamId: text("team_id"),
  requestsPerMinute: integer("requests_per_minute"),
  expiresAt: integer("expires_at"),
  actor: text("actor").notNull(),
  createdAt: integer("created_at").notNull(),
  revokedAt: integer("revoked_at"),
  revokeActor: text("revoke_actor"),
  revokeReason: text("revoke_reason"),
});

export const archives = sqliteTable("archives", {
  archiveId: text("archive_id").primaryKey(),
  dataset: text("dataset").$type<ArchiveRow["dataset"]>().notNull(),
  partitionId: text("partition_id").notNull(),
  from: integer("partition_from").notNull(),
  to: integer("partition_to").notNull(),
  selection: text("selection"),
  asOf: text("as_of").notNull(),
  url: text("url").notNull(),
  state: text("state").$type<ArchiveRow["state"]>().notNull(),
  rows: integer("rows").notNull(),
  bytes: integer("bytes").notNull(),
  startedAt: integer("started_at").notNull(),
});

export const auditErased = sqliteTable(
  "audit_erased",
  {
    ts: integer("ts").notNull(),
    eventId: text("event_id").notNull(),
    parts: text("parts").notNull(),
  },
  (table) => [primaryKey({ columns: [table.ts, table.eventId] })],
);

export const erasures = sqliteTable("erasures", {
  erasureId: text("erasure_id").primaryKey(),
  request: text("request").notNull(),
  basis: text("basis").notNull(),
  actor: text("actor"),
  startedAt: integer("started_at").notNull(),
  finishedAt: integer("finished_at"),
  state: text("state").$type<ErasureRow["state"]>().notNull(),
  parts: text("parts").notNull(),
  salt: text("salt").notNull(),
  filterDigest: text("filter_digest").notNull(),
  events: integer("events").notNull(),
  from: integer("events_from"),
  to: integer("events_to"),
  detail: text("detail").notNull(),
});

export const approvals = sqliteTable(
  "approvals",
  {
    requestId: text("request_id").primaryKey(),
    agentId: text("agent_id").notNull(),
    teamId: text("team_id"),
    action: text("action").notNull(),
    request: text("request").notNull(),
    digest: text("digest").notNull(),
    onExpiry: text("on_expiry").$type<ApprovalRow["onExpiry"]>().notNull(),
    submittedAt: integer("submitted_at").notNull(),
    expiresAt: integer("expires_at").notNull(),
    claimedBy: text("claimed_by"),
    claimExpiresAt: integer("claim_expires_at"),
    verdict: text("verdict").$type<ApprovalRow["verdict"] & string>(),
    decidedBy: text("decided_by"),
    reason: text("reason"),
    decidedAt: integer("decided_at"),
    revision: integer("revision").notNull(),
  },
  (table) => [
    index("approvals_order").on(table.submittedAt, table.requestId),
    index("approvals_open").on(table.submittedAt, table.requestId, table.expiresAt).where(sql`verdict IS NULL`),
    index("approvals_decided").on(table.decidedAt),
  ],
);

export const storeHistories = sqliteTable("store_histories", {
  number: integer("number").primaryKey(),
  historyId: integer("history_id").notNull(),
  lastSeq: integer("last_seq"),
});

export const storeOpenings = sqliteTable("store_openings", {
  number: integer("number").primaryKey(),
  openingId: integer("opening_id").notNull(),
  firstSeq: integer("first_seq").notNull(),
  isOpen: integer("is_open").notNull(),
});

export * from "./evidence-tables.js";

type Same<A, B> = [A, B] extends [B, A] ? true : never;

/** Fails to compile when a table and the domain type it stores part ways. */
export type SchemaMatchesDomain = [
  Expect<Same<Readonly<typeof agents.$inferSelect>, AgentRow>>,
  Expect<Same<Readonly<typeof leases.$inferSelect>, LeaseRow>>,
  Expect<Same<Readonly<typeof retentionRuns.$inferSelect>, RunRow>>,
  Expect<Same<Readonly<typeof legalHolds.$inferSelect>, HoldRow>>,
  Expect<Same<Readonly<typeof erasures.$inferSelect>, ErasureRow>>,
  Expect<Same<Readonly<typeof apiTokens.$inferSelect>, ApiTokenRow>>,
  Expect<Same<Readonly<typeof archives.$inferSelect>, ArchiveRow>>,
  Expect<Same<Readonly<typeof approvals.$inferSelect>, ApprovalRow>>,
];

type Expect<T extends true> = T;
