import { z } from "zod";
import { count, instant, jsonObject, listOf, reason, text, time } from "./common.js";

const dataset = z.enum(["audit", "metrics"]);

const partition = z.strictObject({
  dataset,
  id: z.string(),
  from: time,
  to: time,
  rows: count,
  bytes: count,
  tier: z.enum(["hot", "warm"]),
});

/** A part of a partition, in a plan or an archive. */
const selection = z
  .strictObject({ only: z.array(jsonObject).optional(), except: z.array(jsonObject).optional() })
  .describe("Rows that match one of `only` and none of `except`; both are filters of events");

/** An archived part of a partition. */
export const archive = z
  .strictObject({
    archiveId: z.uuid(),
    dataset,
    partitionId: z.string(),
    from: time,
    to: time,
    selection: selection.optional(),
    asOf: z.string(),
    url: z.string(),
    state: z.enum(["writing", "verified", "dropped"]).describe("Dropped: its rows are in the archive only"),
    rows: count,
    bytes: count,
    startedAt: time,
  })
  .meta({ id: "Archive" });

export const archiveList = listOf(archive).meta({ id: "ArchiveList" });

/** GET /archives */
export const listArchivesQuery = z.strictObject({ state: z.enum(["writing", "verified", "dropped"]).optional() });

/** GET /retention/partitions */
export const partitionList = listOf(partition).meta({ id: "PartitionList" });

export const listPartitionsQuery = z.strictObject({ dataset: dataset.optional().describe("Default audit") });

const rule = z.strictObject({
  name: z.string(),
  teamId: z.array(z.string()).optional(),
  agentId: z.array(z.string()).optional(),
  action: z.array(z.string()).optional(),
  warmDays: z.number().optional().describe("Absent: such events never leave"),
  coldAction: z.enum(["drop", "archive"]),
});

const ages = { dataset, hotDays: z.number(), rules: z.array(rule) };

/** What a run would do now. */
export const retentionPlan = z
  .strictObject({
    createdAt: time,
    policy: z.strictObject({
      audit: z.strictObject({ ...ages, keepCounts: z.boolean() }),
      metrics: z.strictObject(ages),
      archiveUrl: z.string().optional(),
    }),
    items: z.array(
      z.strictObject({
        id: z.string(),
        action: z.enum(["compress", "drop", "archive"]),
        dataset,
        partition,
        rule: z.string(),
        selection: selection.optional(),
        asOf: z.string().optional(),
        rows: count,
        bytes: count,
        reason: z.string(),
      }),
    ),
    kept: z.array(
      z.strictObject({
        dataset,
        partition,
        rows: count,
        bytes: count,
        reason: z.string(),
        until: time.optional(),
        holdIds: z.array(z.string()).optional(),
      }),
    ),
    unfinished: z.array(archive).describe("Archives that an earlier run left half done; a run finishes them first"),
    foreign: z.array(jsonObject).describe("What else removes rows of these tables; a run refuses while there is any"),
  })
  .meta({ id: "RetentionPlan" });

const started = {
  runId: z.string(),
  startedAt: time,
  scheduledFor: time.optional(),
  rows: count,
  bytes: count,
  detail: z.string(),
};

/** One run, as recorded in the history. */
export const retentionRun = z
  .discriminatedUnion("outcome", [
    z.strictObject({ outcome: z.literal("running"), ...started }),
    z.strictObject({ outcome: z.enum(["succeeded", "failed", "interrupted"]), ...started, finishedAt: time }),
  ])
  .meta({ id: "RetentionRun" });

export const retentionRunList = listOf(retentionRun).meta({ id: "RetentionRunList" });

/** GET /retention/runs */
export const listRunsQuery = z.strictObject({ limit: z.int().min(1).max(1000).optional().describe("Default 100") });

const scope = {
  agentId: z.string().optional(),
  teamId: z.string().optional(),
  from: time.optional(),
  to: time.optional(),
};

const placed = { ...scope, reason: z.string(), actor: z.string(), holdId: z.uuid(), placedAt: time };

/** A legal hold. */
export const legalHold = z
  .discriminatedUnion("state", [
    z.strictObject({ state: z.literal("in_force"), ...placed }),
    z.strictObject({
      state: z.literal("released"),
      ...placed,
      release: z.strictObject({ actor: z.string(), reason: z.string(), releasedAt: time }),
    }),
  ])
  .meta({ id: "LegalHold" });

export const legalHoldList = listOf(legalHold).meta({ id: "LegalHoldList" });

/** GET /retention/holds */
export const listHoldsQuery = z.strictObject({
  released: z.boolean().optional().describe("Also those that no longer apply; default false"),
});

/** POST /retention/holds */
export const newLegalHold = z
  .strictObject({
    agentId: text.optional(),
    teamId: text.optional(),
    from: instant.optional(),
    to: instant.optional(),
    reason,
  })
  .meta({ id: "NewLegalHold", description: "Covers what matches all members; everything when none is given." });

export const holdPath = z.strictObject({ holdId: z.string().max(512) });

/** POST /retention/holds/{holdId}/release */
export const releaseHold = z.strictObject({ reason }).meta({ id: "ReleaseHold" });
