import { isStorageError, type RetentionRun, type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import { anySignal, parseInteger, uuidV7 } from "@agent-assembly/storage-core/backend";
import { planRetention } from "../plan/make-plan.js";
import type { RetentionPlan } from "../plan/plan.js";
import { unfinishedArchives } from "../plan/unfinished-archives.js";
import type { ResolvedPolicy, RetentionPolicy } from "../policy/policy.js";
import { Archives, type OpenArchive } from "./archives.js";
import { type DropAnnouncer, DropStatements } from "./drop-statements.js";
import { LeaseKeeper } from "./lease-keeper.js";
import type { OnProgress } from "./progress.js";
import type { RunReport } from "./report.js";
import { asStorageError, finishArchives, runItems, Tally } from "./run-items.js";

export const RETENTION_LEASE = "retention";
const DEFAULT_LEASE_MS = 60_000;

/** Options of {@link applyRetention} and {@link runPlan}. */
export interface RunOptions {
  /** Stops the run between two steps; the next run resumes from there. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
  /** How archives are opened; default `openArchive(url)`. */
  readonly openArchive?: OpenArchive | undefined;
  /** Milliseconds without renewal after which another process may take over; 3,000 or more, default 60,000. */
  readonly leaseMs?: number | undefined;
  /** Time from which ages are counted; default: now. */
  readonly now?: Date | undefined;
  /** The scheduled time of the run. */
  readonly scheduledFor?: Date | undefined;
  /**
   * States in the store's evidence log what is dropped: `dropAnnouncer(storage)` of `@agent-assembly/evidence`. Not used where
   * events are not sealed. Without it, rows of a sealed store are dropped with a warning. @default none
   */
  readonly evidence?: DropAnnouncer | undefined;
}

/**
 * Plans and executes retention, in at most one process at a time.
 * @throws `invalid_argument` for a bad policy; `busy` when another process runs retention; `conflict` when the run for
 *   `scheduledFor` was already made; `retention_failed` when something else removes rows of these tables. Failures during
 *   the run are in the report instead.
 * @example
 * ```ts
 * import { applyRetention } from "@agent-assembly/retention";
 * import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
 *
 * await using storage = openMemoryStorage();
 * const report = await applyRetention(storage, { audit: { hotDays: 30, warmDays: 90, coldAction: "drop" } });
 * console.log(report.failures);
 * ```
 */
export function applyRetention(
  storage: StorageBackend,
  policy: RetentionPolicy | ResolvedPolicy,
  options: RunOptions = {},
): Promise<RunReport> {
  return asOwner(storage, options, (signal) => planRetention(storage, policy, { signal, now: options.now }));
}

/**
 * Executes a plan exactly: rows committed since then stay, and nothing is dropped from a partition whose planned rows
 * are gone or under a hold by now.
 * @throws as {@link applyRetention}
 */
export function runPlan(storage: StorageBackend, plan: RetentionPlan, options: RunOptions = {}): Promise<RunReport> {
  const { retentionSupport } = storage;
  return asOwner(storage, options, async () => {
    // Another run may have started or finished archives since.
    const [unfinished, foreign] = await Promise.all([
      unfinishedArchives(storage, await storage.holds.list()),
      retentionSupport.conflictingPolicies(),
    ]);
    return { ...plan, unfinished, foreign };
  });
}

async function asOwner(
  storage: StorageBackend,
  options: RunOptions,
  makePlan: (signal: AbortSignal) => Promise<RetentionPlan>,
): Promise<RunReport> {
  const leaseMs = parseInteger("options.leaseMs", options.leaseMs ?? DEFAULT_LEASE_MS, 3000, 86_400_000);
  const lease = await LeaseKeeper.acquire(storage.retentionSupport, RETENTION_LEASE, leaseMs);
  if (lease === undefined) {
    throw new StorageError({
      code: "busy",
      message: "another process is applying retention to this store",
      remedy: "Wait until it ends or its lease expires.",
    });
  }
  try {
    const signal = options.signal === undefined ? lease.lost : anySignal([lease.lost, options.signal]);
    await endAbandonedRuns(storage);
    if (options.scheduledFor !== undefined) await refuseTwice(storage, options.scheduledFor);
    return await recorded(storage, options, signal, makePlan);
  } finally {
    await lease[Symbol.asyncDispose]();
  }
}

/** The progress of a store's schedule, from the history that all processes share. */
export interface ScheduleHistory {
  /** The latest scheduled time that has a run. */
  readonly made: Date | undefined;
  /** The latest scheduled time after that whose run has not ended: it was interrupted, or is still running. */
  readonly begun: Date | undefined;
}

export async function scheduleHistory({
  retentionSupport,
}: Pick<StorageBackend, "retentionSupport">): Promise<ScheduleHistory> {
  const scheduled = (await retentionSupport.runs()).filter(({ scheduledFor }) => scheduledFor !== undefined);
  const isMade = ({ outcome }: RetentionRun): boolean => outcome === "succeeded" || outcome === "failed";
  const made = latest(scheduled.filter(isMade));
  const begun = latest(scheduled.filter((run) => !isMade(run)));
  return { made, begun: begun !== undefined && (made === undefined || begun > made) ? begun : undefined };
}

function latest(runs: readonly RetentionRun[]): Date | undefined {
  const times = runs.map(({ scheduledFor }) => (scheduledFor as Date).getTime());
  return times.length === 0 ? undefined : new Date(Math.max(...times));
}

async function refuseTwice(storage: StorageBackend, scheduledFor: Date): Promise<void> {
  const { made } = await scheduleHistory(storage);
  if (made === undefined || made < scheduledFor) return;
  throw new StorageError({
    code: "conflict",
    message: `another process has already made the run for ${scheduledFor.toISOString()}`,
  });
}

/** Their process is gone, since we hold the lease. */
async function endAbandonedRuns({ retentionSupport }: StorageBackend): Promise<void> {
  for (const run of await retentionSupport.runs()) {
    if (run.outcome !== "running") continue;
    await retentionSupport.recordRun({
      ...run,
      outcome: "interrupted",
      finishedAt: new Date(),
      detail: "its process ended before the run did; the next run resumed it",
    });
  }
}

async function recorded(
  storage: StorageBackend,
  options: RunOptions,
  signal: AbortSignal,
  makePlan: (signal: AbortSignal) => Promise<RetentionPlan>,
): Promise<RunReport> {
  const { scheduledFor, onProgress = () => undefined } = options;
  const begun = {
    runId: uuidV7(Date.now()),
    startedAt: new Date(),
    ...(scheduledFor === undefined ? {} : { scheduledFor }),
  };
  const tally = new Tally();
  await storage.retentionSupport.recordRun({ ...begun, outcome: "running", rows: 0, bytes: 0, detail: "" });
  const end = async (outcome: RunReport["outcome"], detail: string): Promise<Date> => {
    const finishedAt = new Date();
    const { rows, bytes } = tally;
    await recordOutcome(storage, { ...begun, finishedAt, outcome, rows, bytes, detail });
    return finishedAt;
  };
  let plan: RetentionPlan;
  let statements: DropStatements;
  try {
    plan = await makePlan(signal);
    refuseBesideOthers(plan);
    const about = { run: begun.runId, policy: plan.policy, signal };
    statements = await DropStatements.begin(storage, options.evidence, about);
  } catch (error) {
    await end(signal.aborted ? "interrupted" : "failed", asStorageError(error).message);
    throw error;
  }
  onProgress({ kind: "planned", plan });
  let interruption: unknown;
  await using archives = new Archives(options.openArchive);
  const context = { storage, archives, signal, onProgress, tally, statements };
  try {
    await finishArchives(plan, context);
    await runItems(plan, context);
  } catch (error) {
    // Only an abort ends a run early.
    if (!signal.aborted) throw error;
    interruption = signal.reason;
  }
  const outcome = signal.aborted ? "interrupted" : tally.failures.length > 0 ? "failed" : "succeeded";
  const { warnings } = statements;
  const detail = detailOf(tally, warnings, interruption);
  const finishedAt = await end(outcome, detail);
  return { ...begun, finishedAt, outcome, plan, ...tally, failures: tally.failures, warnings, detail };
}

/** After the loss of the lease, the next owner has already recorded this run as interrupted. */
async function recordOutcome({ retentionSupport }: StorageBackend, run: RetentionRun): Promise<void> {
  try {
    await retentionSupport.recordRun(run);
  } catch (error) {
    if (!isStorageError(error) || error.code !== "conflict") throw error;
  }
}

function refuseBesideOthers({ foreign }: RetentionPlan): void {
  if (foreign.length === 0) return;
  const all = foreign.map(({ description, remedy }) => `${description}; ${remedy}`).join("; ");
  throw new StorageError({
    code: "retention_failed",
    message: `another retention policy removes rows of these tables, so nothing was done: ${all}`,
  });
}

function detailOf({ failures }: Tally, warnings: readonly string[], interruption: unknown): string {
  const lines = failures.map(({ item, error }) => `${item === undefined ? "" : `${item.id}: `}${error.message}`);
  lines.push(...warnings);
  if (interruption !== undefined)
    lines.push(`interrupted: ${(interruption as Error)?.message ?? String(interruption)}`);
  return lines.join("\n").replaceAll("\u0000", "").toWellFormed();
}
