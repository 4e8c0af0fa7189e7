import { z } from "zod";
import { count, time } from "./common.js";

const status = z.enum(["ok", "degraded", "down"]);

/** GET /whoami */
export const whoAmI = z
  .strictObject({
    name: z.string().describe("Name of the token; the actor of what is changed with it"),
    scopes: z.array(z.enum(["ingest", "read", "approve", "policy", "admin"])),
    teamId: z.string().optional().describe("Only this team's events, agents and approvals may be read and written"),
  })
  .meta({ id: "WhoAmI" });

/** GET /doctor */
export const doctor = z
  .strictObject({
    status,
    findings: z
      .array(
        z.strictObject({
          severity: z.enum(["error", "warning", "note"]),
          code: z.string().describe("What kind of finding, such as store_degraded or evidence_lag"),
          message: z.string(),
          remedy: z.string().optional(),
        }),
      )
      .describe("The most severe first"),
    health: z.strictObject({
      status,
      backend: z.string(),
      latencyMs: z.number(),
      schemaVersion: count.optional(),
      serverVersion: z.string().optional(),
      problems: z.array(z.string()),
      notes: z.array(z.string()).optional(),
      details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    }),
    location: z.string().optional().describe("A path, or a URL without credentials"),
    capabilities: z.record(
      z.string(),
      z.discriminatedUnion("status", [
        z.strictObject({ status: z.literal("supported") }),
        z.strictObject({ status: z.enum(["degraded", "unsupported"]), reason: z.string() }),
      ]),
    ),
  })
  .meta({ id: "Doctor", description: "The state of the store, and what needs attention." });

/** GET /admin/status, in the form of the first gateway; members in snake case. */
export const adminStatus = z
  .strictObject({
    mode: z.enum(["local", "remote"]),
    version: z.string(),
    uptime_secs: count,
    storage: z.strictObject({
      backend: z.string(),
      path: z.string().optional(),
      database_url: z.string().optional().describe("The password is masked"),
      health: z.enum(["ok", "degraded", "unavailable"]),
      latency_ms: count,
      row_counts: z.strictObject({
        audit_events_hot: count.nullable().describe("null where counting took too long or the store is down"),
        agents: count.nullable(),
        policy_versions: count.nullable(),
      }),
      timescaledb: z
        .strictObject({
          enabled: z.boolean(),
          total_chunks: count,
          compressed_chunks: count,
          compression_ratio: z.number(),
        })
        .optional(),
      problems: z.array(z.string()),
    }),
  })
  .meta({ id: "AdminStatus" });

/** GET /logs, in the form of the first gateway. */
export const logsQuery = z.strictObject({
  page: z.int().min(1).max(10_000).optional().describe("From 1; default 1. Later pages are reached faster by `cursor`"),
  per_page: z.int().min(1).max(100).optional().describe("Default 50"),
  agent_id: z.string().min(1).max(512).optional(),
  event_type: z.string().min(1).max(512).optional().describe("The action, such as tool_call"),
  org_id: z.string().min(1).max(512).optional(),
  cursor: z.string().max(4096).optional().describe("The `next` of the page before; without `page`"),
});

/** A page of log entries. */
export const logPage = z
  .strictObject({
    items: z.array(
      z.strictObject({
        event_id: z.uuid(),
        timestamp: time,
        agent_id: z.string(),
        session_id: z.string().nullable(),
        event_type: z.string(),
        decision: z.string(),
        payload: z.string().describe("JSON text; empty without a payload"),
      }),
    ),
    page: count,
    per_page: count,
    total: count.nullable().describe("Matching entries; null where counting took too long"),
    next: z.string().optional(),
  })
  .meta({ id: "LogPage" });

const days = z.int().describe("Days of age");

const policy = {
  hot_days: days,
  warm_days: days,
  cold_action: z.enum(["drop", "archive"]),
  archive_url: z.string().nullable(),
};

/** What a run did, or would do. */
export const retentionStats = z
  .strictObject({
    ran_at: time,
    hot_rows: count.nullable().describe("Rows that stay; null where it is not known"),
    compressed_rows: count.nullable(),
    archived_rows: count.nullable(),
    dropped_rows: count,
    freed_bytes: count,
    dry_run: z.boolean(),
  })
  .meta({ id: "RetentionStats" });

/** GET /admin/retention-policy */
export const retentionPolicyDocument = z
  .strictObject({
    ...policy,
    dry_run: z.boolean(),
    schedule: z.string(),
    last_run: retentionStats.nullable(),
  })
  .meta({ id: "RetentionPolicyDocument" });

/** PUT /admin/retention-policy */
export const retentionPolicyUpdate = z
  .strictObject({ ...policy, archive_url: z.string().max(2048).nullable().optional() })
  .meta({ id: "RetentionPolicyUpdate", description: "Applies until the gateway stops; the configuration file stays." });

/** POST /admin/retention-policy/run */
export const retentionRunRequest = z
  .strictObject({ dry_run: z.boolean().optional().describe("Default false") })
  .meta({ id: "RetentionRunRequest" });
