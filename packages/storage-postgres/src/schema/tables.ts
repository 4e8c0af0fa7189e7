import type { JsonValue, MetricKind } from "@agent-assembly/storage-core";
import {
  ARCHIVE_STATES,
  AUDIT_EVENT_COLUMNS,
  type AuditColumnType,
  type AuditMember,
  RUN_OUTCOMES,
} from "@agent-assembly/storage-core/backend";
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  customType,
  doublePrecision,
  foreignKey,
  index,
  integer,
  numeric,
  type PgColumnBuilderBase,
  pgSchema,
  pgTable,
  primaryKey,
  text,
  uuid,
} from "drizzle-orm/pg-core";
import { fromStoredJson, fromStoredJsonText, toStoredJson } from "../sql/stored-json.js";
import { fromTimestamp, toTimestamp } from "../sql/timestamps.js";

/** Milliseconds since the epoch. */
const instant = customType<{ data: number; driverData: string }>({
  dataType: () => "timestamp (3) with time zone",
  toDriver: toTimestamp,
  fromDriver: fromTimestamp,
});

const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => "bytea" });

/** A JSON value, with what jsonb cannot hold escaped. */
const json = customType<{ data: JsonValue; driverData: string }>({
  dataType: () => "jsonb",
  toDriver: (value) => toStoredJson(JSON.stringify(value)),
  fromDriver: (text) => fromStoredJson(JSON.parse(text) as JsonValue),
});

/** The text of a JSON value, with what jsonb cannot hold escaped. */
const jsonText = customType<{ data: string; driverData: string }>({
  dataType: () => "jsonb",
  toDriver: toStoredJson,
  fromDriver: fromStoredJsonText,
});

const BUILDERS: Readonly<
  Record<AuditColumnType, (column: string) => PgColumnBuilderBase & { notNull(): PgColumnBuilderBase }>
> = {
  timestamp: instant,
  uuid,
  text,
  boolean,
  json,
};

function eventColumns(): Record<AuditMember, PgColumnBuilderBase> {
  const columns = AUDIT_EVENT_COLUMNS.map(({ member, column, type, nullable }) => {
    const built = BUILDERS[type](column);
    return [member, nullable ? built : built.notNull()] as const;
  });
  return Object.fromEntries(columns) as Record<AuditMember, PgColumnBuilderBase>;
}

let last: { readonly schema: string; readonly tables: Tables } | undefined;

/** The tables as drizzle knows them; the SQL in `migrations/` makes them. @param schema where they are */
export function tablesIn(schema: string): Tables {
  // Every part of a store asks for the same ones, and describing them takes longer than opening a connection.
  if (last?.schema !== schema) last = { schema, tables: describeTables(schema) };
  return last.tables;
}

function describeTables(schema: string) {
  // drizzle refuses to be told of "public".
  const table = schema === "public" ? pgTable : (pgSchema(schema).table as unknown as typeof pgTable);

  const auditEvents = table(
    "audit_events",
    {
      ...eventColumns(),
      xact: bigint("xact", { mode: "number" }).notNull(),
      seq: bigint("seq", { mode: "number" }).notNull(),
    },
    (t) => [
      primaryKey({ name: "audit_events_key", columns: [t.ts, t.eventId] }),
      index("audit_events_agent").on(t.agentId, t.ts),
      index("audit_events_dry_run").on(t.ts, t.eventId).where(sql`dry_run`),
      index("audit_events_order").on(t.xact, t.seq),
    ],
  );

  const agents = table("agent_registry", {
    agentId: text("agent_id").primaryKey(),
    name: text("name"),
    teamId: text("team_id"),
    orgId: text("org_id"),
    baseEnforcementMode: text("base_enforcement_mode").notNull(),
    windowMode: text("window_mode"),
    windowExpiresAt: instant("window_expires_at"),
    credential: text("credential"),
    credentialGeneration: integer("credential_generation").notNull(),
    credentialRotatedAt: instant("credential_rotated_at"),
    status: text("status", { enum: ["registered", "online", "offline"] }).notNull(),
    lastSeenAt: instant("last_seen_at"),
    metadata: jsonText("metadata").notNull(),
    revision: bigint("revision", { mode: "number" }).notNull(),
    registeredAt: instant("registered_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
  });

  const policyVersions = table(
    "policy_versions",
    {
      name: text("name").notNull(),
      version: integer("version").notNull(),
      format: text("format", { enum: ["yaml", "json"] }).notNull(),
      digest: text("digest").notNull(),
      size: integer("size").notNull(),
      actor: text("actor").notNull(),
      createdAt: instant("created_at").notNull(),
      source: bytes("source").notNull(),
      document: jsonText("document").notNull(),
    },
    (t) => [primaryKey({ columns: [t.name, t.version] })],
  );

  const policyActive = table(
    "policy_active",
    { name: text("name").primaryKey(), version: integer("version").notNull() },
    (t) => [
      foreignKey({ columns: [t.name, t.version], foreignColumns: [policyVersions.name, policyVersions.version] }),
    ],
  );

  const policyActivations = table(
    "policy_activations",
    {
      id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
      name: text("name").notNull(),
      fromVersion: integer("from_version"),
      toVersion: integer("to_version").notNull(),
      kind: text("kind", { enum: ["activate", "rollback"] }).notNull(),
      actor: text("actor").notNull(),
      at: instant("at").notNull(),
    },
    (t) => [
      foreignKey({ columns: [t.name, t.toVersion], foreignColumns: [policyVersions.name, policyVersions.version] }),
      index("policy_activations_name").on(t.name, t.id),
    ],
  );

  const metricSamples = table(
    "metrics",
    {
      ts: instant("ts").notNull(),
      value: doublePrecision("value").notNull(),
      metric: text("metric").notNull(),
      agentId: text("agent_id"),
      teamId: text("team_id"),
      labels: json("labels").notNull(),
    },
    (t) => [index("metrics_metric").on(t.metric, t.ts)],
  );

  const metricDefinitions = table("metric_definitions", {
    name: text("name").primaryKey(),
    unit: text("unit"),
    kind: text("kind").$type<MetricKind>().notNull(),
    decimals: integer("decimals"),
    definedAt: instant("defined_at").notNull(),
  });

  const metricCounters = table("metric_counters", {
    hash: bytes("hash").primaryKey(),
    ts: instant("ts"),
    reading: doublePrecision("reading"),
  });

  const metricSeries = table(
    "metric_series",
    {
      id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
      metric: text("metric").notNull(),
      agentId: text("agent_id"),
      teamId: text("team_id"),
      labels: json("labels"),
      hash: bytes("hash").notNull().unique("metric_series_hash_key"),
      samples: bigint("samples", { mode: "number" }).notNull(),
      firstTs: instant("first_ts"),
      lastTs: instant("last_ts"),
    },
    (t) => [index("metric_series_metric").on(t.metric)],
  );

  const totals = {
    samples: bigint("samples", { mode: "number" }).notNull(),
    sum: doublePrecision("sum").notNull(),
    largeSum: doublePrecision("large_sum").notNull(),
    exact: numeric("exact"),
    min: doublePrecision("min").notNull(),
    max: doublePrecision("max").notNull(),
    lastTs: instant("last_ts").notNull(),
    lastValue: doublePrecision("last_value").notNull(),
  };

  const pendingMetricTotals = table(
    "pending_metric_totals",
    {
      id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
      metric: text("metric").notNull(),
      agentId: text("agent_id"),
      teamId: text("team_id"),
      labels: json("labels").notNull(),
      bucket: instant("bucket").notNull(),
      firstTs: instant("first_ts").notNull(),
      ...totals,
    },
    (t) => [index("pending_metric_totals_metric").on(t.metric, t.bucket)],
  );

  const metricTotals = table(
    "metric_totals",
    {
      seriesId: bigint("series_id", { mode: "number" }).notNull(),
      level: text("level", { enum: ["hour", "day", "month"] }).notNull(),
      bucket: instant("bucket").notNull(),
      ...totals,
    },
    (t) => [primaryKey({ columns: [t.seriesId, t.level, t.bucket] })],
  );

  const metricFold = table("metric_fold", { id: boolean("id").primaryKey() });

  const droppedMetricHours = table(
    "dropped_metric_hours",
    { seriesId: bigint("series_id", { mode: "number" }).notNull(), hour: instant("hour").notNull() },
    (t) => [primaryKey({ columns: [t.seriesId, t.hour] })],
  );

  const leases = table("leases", {
    name: text("name").primaryKey(),
    owner: text("owner").notNull(),
    expiresAt: instant("expires_at").notNull(),
  });

  const retentionRuns = table(
    "retention_runs",
    {
      runId: text("run_id").primaryKey(),
      startedAt: instant("started_at").notNull(),
      finishedAt: instant("finished_at"),
      outcome: text("outcome", { enum: RUN_OUTCOMES }).notNull(),
      rows: bigint("rows", { mode: "number" }).notNull(),
      bytes: bigint("bytes", { mode: "number" }).notNull(),
      detail: text("detail").notNull(),
      scheduledFor: instant("scheduled_for"),
    },
    (t) => [index("retention_runs_started").on(t.startedAt.desc(), t.runId.desc())],
  );

  const legalHolds = table("legal_holds", {
    holdId: uuid("hold_id").primaryKey(),
    agentId: text("agent_id"),
    teamId: text("team_id"),
    from: instant("from_ts"),
    to: instant("to_ts"),
    reason: text("reason").notNull(),
    actor: text("actor").notNull(),
    placedAt: instant("placed_at").notNull(),
    releasedAt: instant("released_at"),
    releaseActor: text("release_actor"),
    releaseReason: text("release_reason"),
  });

  const apiTokens = table("api_tokens", {
    tokenId: text("token_id").primaryKey(),
    hash: text("hash").notNull(),
    createdAt: instant("created_at").notNull(),
    name: text("name").notNull(),
    scopes: text("scopes").notNull(),
    teamId: text("team_id"),
    requestsPerMinute: integer("requests_per_minute"),
    expiresAt: instant("expires_at"),
    actor: text("actor").notNull(),
    revokedAt: instant("revoked_at"),
    revokeActor: text("revoke_actor"),
    revokeReason: text("revoke_reason"),
  });

  const archives = table("archives", {
    archiveId: uuid("archive_id").primaryKey(),
    dataset: text("dataset", { enum: ["audit", "metrics"] }).notNull(),
    partitionId: text("partition_id").notNull(),
    from: instant("from_ts").notNull(),
    to: instant("to_ts").notNull(),
    selection: text("selection"),
    asOf: text("as_of").notNull(),
    url: text("url").notNull(),
    state: text("state", { enum: ARCHIVE_STATES }).notNull(),
    rows: bigint("rows", { mode: "number" }).notNull(),
    bytes: bigint("bytes", { mode: "number" }).notNull(),
    startedAt: instant("started_at").notNull(),
  });

  const erasures = table(
    "erasures",
    {
      erasureId: uuid("erasure_id").primaryKey(),
      request: text("request").notNull(),
      basis: text("basis").notNull(),
      actor: text("actor"),
      parts: text("parts").notNull(),
      salt: text("salt").notNull(),
      filterDigest: text("filter_digest").notNull(),
      state: text("state", { enum: ["begun", "done", "failed"] }).notNull(),
      events: bigint("events", { mode: "number" }).notNull(),
      from: instant("from_ts"),
      to: instant("to_ts"),
      startedAt: instant("started_at").notNull(),
      finishedAt: instant("finished_at"),
      detail: text("detail").notNull(),
    },
    (t) => [
      index("erasures_started").on(t.startedAt.desc(), t.erasureId.desc()),
      index("erasures_request").on(t.request),
    ],
  );

  const approvals = table(
    "approvals",
    {
      requestId: text("request_id").primaryKey(),
      agentId: text("agent_id").notNull(),
      teamId: text("team_id"),
      action: text("action").notNull(),
      request: text("request").notNull(),
      digest: text("digest").notNull(),
      onExpiry: text("on_expiry", { enum: ["approve", "deny"] }).notNull(),
      submittedAt: instant("submitted_at").notNull(),
      expiresAt: instant("expires_at").notNull(),
      claimedBy: text("claimed_by"),
      claimExpiresAt: instant("claim_expires_at"),
      verdict: text("verdict", { enum: ["approve", "deny"] }),
      decidedBy: text("decided_by"),
      reason: text("reason"),
      decidedAt: instant("decided_at"),
      revision: bigint("revision", { mode: "number" }).notNull(),
    },
    (t) => [
      index("approvals_order").on(t.submittedAt, t.requestId),
      index("approvals_open").on(t.submittedAt, t.requestId, t.expiresAt).where(sql`verdict IS NULL`),
      index("approvals_decided").on(t.decidedAt),
    ],
  );

  return {
    auditEvents,
    agents,
    policyVersions,
    policyActive,
    policyActivations,
    metricSamples,
    metricDefinitions,
    metricCounters,
    metricSeries,
    pendingMetricTotals,
    metricTotals,
    metricFold,
    droppedMetricHours,
    leases,
    retentionRuns,
    legalHolds,
    apiTokens,
    archives,
    erasures,
    approvals,
  };
}

export type Tables = ReturnType<typeof describeTables>;
