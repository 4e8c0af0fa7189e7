import { dropAnnouncer } from "@agent-assembly/evidence";
import {
  applyRetention,
  planRetention,
  type RetentionPlan,
  type RetentionPolicy,
  type RunOptions,
  type RunReport,
} from "@agent-assembly/retention";
import {
  AUDIT_ACTIONS,
  AUDIT_DECISIONS,
  GOVERNANCE_AGENT,
  isStorageError,
  type JsonObject,
  type RetentionRun,
} from "@agent-assembly/storage-core";
import type { z } from "zod";
import type { GatewayContext } from "../../context.js";
import { ProblemError, problem, problemOf } from "../../http/problem.js";
import type { RetentionControl } from "../../retention.js";
import type { retentionPolicyUpdate } from "../schemas/admin.js";
import { retentionOf } from "./retention-of.js";

const DEFAULT_HOT_DAYS = 30;
const DEFAULT_WARM_DAYS = 90;

type PolicyUpdate = z.output<typeof retentionPolicyUpdate>;

/** The policy in force and the last run, with the names of the first gateway of this project. */
export async function policyDocument(context: GatewayContext): Promise<object> {
  const { policy, schedule = "", dryRun = false } = retentionOf(context);
  const runs = await context.storage.retentionSupport.runs({ limit: 100 });
  const last = runs.find(({ outcome }) => outcome === "succeeded");
  return {
    hot_days: policy.audit?.hotDays ?? DEFAULT_HOT_DAYS,
    warm_days: policy.audit?.warmDays ?? DEFAULT_WARM_DAYS,
    cold_action: policy.audit?.coldAction ?? "drop",
    archive_url: policy.archiveUrl ?? null,
    dry_run: dryRun,
    schedule,
    last_run: last === undefined ? null : statsOfRun(last),
  };
}

function statsOfRun(run: RetentionRun): object {
  return {
    ran_at: "finishedAt" in run ? run.finishedAt : run.startedAt,
    hot_rows: null,
    compressed_rows: null,
    archived_rows: null,
    dropped_rows: run.rows,
    freed_bytes: run.bytes,
    dry_run: false,
  };
}

/**
 * Replaces the ages and the action of the policy until the gateway stops; its rules stay. The change is recorded first.
 * @throws ProblemError 400 with `error_code`
 */
export async function updatePolicy(context: GatewayContext, actor: string, update: PolicyUpdate): Promise<void> {
  const control = retentionOf(context);
  const { hot_days: hotDays, warm_days: warmDays, cold_action: coldAction, archive_url: archiveUrl } = update;
  if (hotDays < 1) throw refusal("hot_days", "must be at least 1", "invalid_hot_days");
  if (warmDays <= hotDays) throw refusal("warm_days", "must be greater than hot_days", "invalid_warm_days");
  if (coldAction === "archive") checkArchiveUrl(archiveUrl ?? "");
  const { archiveUrl: replaced, ...before } = control.policy;
  const policy: RetentionPolicy = {
    ...before,
    audit: { ...before.audit, hotDays, warmDays, coldAction },
    ...(archiveUrl != null && archiveUrl !== "" && { archiveUrl }),
  };
  await recordChange(context, actor, { before: { ...before.audit, archiveUrl: replaced }, after: update });
  control.policy = policy;
}

async function recordChange(
  { storage, now }: GatewayContext,
  actor: string,
  { before, after }: { readonly before: object; readonly after: object },
): Promise<void> {
  const payload = asJson({ change: "retention.policy_changed", subject: {}, before, after, actor });
  const event = { agentId: GOVERNANCE_AGENT, action: AUDIT_ACTIONS.governance, decision: AUDIT_DECISIONS.observed };
  await storage.audit.append([{ ...event, ts: new Date(now()), payload }]);
}

/** Without members that are `undefined`. */
function asJson(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}

function checkArchiveUrl(url: string): void {
  if (url === "") throw refusal("archive_url", "is needed for archiving", "missing_archive_url");
  const scheme = URL.canParse(url) ? new URL(url) : undefined;
  const isPlain = scheme?.username === "" && scheme.password === "" && scheme.search === "" && scheme.hash === "";
  if (isPlain && (scheme?.protocol === "s3:" || scheme?.protocol === "file:")) return;
  const must = "must be s3://bucket/prefix or file:///absolute/folder, without credentials";
  throw refusal("archive_url", must, "invalid_archive_url");
}

function refusal(option: string, must: string, code: string): ProblemError {
  return problem("invalid_argument", `${option} ${must}`, {
    option,
    extensions: { error_code: `retention_policy_${code}` },
  });
}

/**
 * Applies the policy once, or only says what that would do.
 * @throws ProblemError `retention_run_failed` when a part of the run failed
 */
export async function runPolicy(context: GatewayContext, dryRun: boolean): Promise<object> {
  const control = retentionOf(context);
  const { storage, now, closing } = context;
  try {
    if (dryRun) return statsOfPlan(await planRetention(storage, control.policy, { signal: closing }), now());
    return statsOfReport(await applyRetention(storage, control.policy, runOptions(context, control)));
  } catch (error) {
    if (!isStorageError(error)) throw error;
    throw new ProblemError({ ...problemOf(error), extensions: { error_code: "retention_run_failed" } });
  }
}

function runOptions({ storage, closing }: GatewayContext, { openArchive }: RetentionControl): RunOptions {
  return {
    signal: closing,
    ...(openArchive !== undefined && { openArchive }),
    // Not used where the events are not sealed; they may be from now on.
    ...(storage.evidenceSupport !== undefined && { evidence: dropAnnouncer(storage) }),
  };
}

function statsOfPlan({ items, kept }: RetentionPlan, now: number): object {
  const sum = (action: string): number =>
    items.filter((item) => item.action === action).reduce((total, { rows }) => total + rows, 0);
  const leaving = items.filter(({ action }) => action !== "compress");
  return {
    ran_at: new Date(now),
    hot_rows: kept.reduce((total, { rows }) => total + rows, 0),
    compressed_rows: sum("compress"),
    archived_rows: sum("archive"),
    dropped_rows: sum("drop"),
    freed_bytes: leaving.reduce((total, { bytes }) => total + bytes, 0),
    dry_run: true,
  };
}

function statsOfReport({ finishedAt, outcome, plan, rows, bytes, archivedRows, failures }: RunReport): object {
  if (outcome !== "succeeded") {
    const [first] = failures;
    const { detail } = first === undefined ? { detail: "it was interrupted" } : problemOf(first.error);
    throw new ProblemError({
      ...problem("retention_failed", `the run ${outcome}: ${detail}`).problem,
      extensions: { error_code: "retention_run_failed", rows, bytes },
    });
  }
  const compressed = plan.items.filter(({ action }) => action === "compress");
  return {
    ran_at: finishedAt,
    hot_rows: plan.kept.reduce((total, one) => total + one.rows, 0),
    compressed_rows: compressed.reduce((total, one) => total + one.rows, 0),
    archived_rows: archivedRows,
    dropped_rows: rows - archivedRows,
    freed_bytes: bytes,
    dry_run: false,
  };
}
