import { CronLine } from "@agent-assembly/retention";
import type { LoadedConfig } from "@agent-assembly/storage";
import type { RetentionRun, StorageBackend } from "@agent-assembly/storage-core";
import type { ArchiveRecord, ConflictingRetentionPolicy } from "@agent-assembly/storage-core/backend";
import { formatCount, formatRelative, formatTime, rowsText } from "../../terminal/format.js";
import type { Field } from "../../terminal/table.js";
import { nextRunText } from "../retention/view-plan.js";

/** Where retention stands, without asking an archive. */
export interface RetentionStatus {
  readonly schedule: string;
  /** By the schedule. Whether a process is running it is not known. */
  readonly nextRun: Date;
  readonly dryRun: boolean;
  readonly lastRun: RetentionRun | null;
  /** Events that are in the archive; those of a half-done archive may be in the store as well. */
  readonly archived: {
    readonly tier: "archived";
    readonly partitions: number;
    readonly rows: number;
    readonly bytes: number;
  };
  /** What a run that was cut off left, and the next one finishes; or what a run is writing right now. */
  readonly halfDone: readonly Pick<ArchiveRecord, "archiveId" | "partitionId" | "state" | "rows" | "startedAt">[];
  /** Legal holds in force. */
  readonly holds: number;
  readonly foreign: readonly ConflictingRetentionPolicy[];
}

export async function readRetention(storage: StorageBackend, { config }: LoadedConfig): Promise<RetentionStatus> {
  const { retentionSupport } = storage;
  const { schedule, dry_run } = config.storage.retention;
  const [runs, archives, holds, foreign] = await Promise.all([
    retentionSupport.runs({ limit: 1 }),
    retentionSupport.archives(),
    storage.holds.list(),
    retentionSupport.conflictingPolicies(),
  ]);
  const published = archives.filter(({ state }) => state !== "writing");
  return {
    schedule,
    nextRun: new CronLine(schedule).next(new Date()),
    dryRun: dry_run,
    lastRun: runs[0] ?? null,
    archived: {
      tier: "archived",
      partitions: published.length,
      rows: published.reduce((sum, { rows }) => sum + rows, 0),
      bytes: published.reduce((sum, { bytes }) => sum + bytes, 0),
    },
    halfDone: archives.filter(({ state }) => state !== "dropped").map(halfDone),
    holds: holds.length,
    foreign,
  };
}

function halfDone({ archiveId, partitionId, state, rows, startedAt }: ArchiveRecord) {
  return { archiveId, partitionId, state, rows, startedAt };
}

/** Where retention stands; nothing when that took too long to find out. */
export function retentionFields(status: RetentionStatus | null, now: number): Field[] {
  if (status === null) return [];
  const { lastRun, nextRun, dryRun, holds, halfDone } = status;
  return [
    ["last retention", lastRun === null ? "never" : lastRunText(lastRun, now)],
    ["next retention", nextRunText({ at: nextRun, dryRun }, now)],
    ["legal holds", holds === 0 ? undefined : formatCount(holds)],
    ["half-done archives", halfDone.length === 0 ? undefined : halfDoneText(halfDone.length, lastRun)],
  ];
}

function lastRunText({ startedAt, outcome, rows, detail }: RetentionRun, now: number): string {
  const when = `${formatTime(startedAt)} (${formatRelative(startedAt, now)})`;
  if (outcome === "running") return `${when}: not ended yet`;
  const why = outcome === "succeeded" || detail === "" ? "" : `: ${detail.split("\n")[0]}`;
  return `${when}: ${outcome}, ${rowsText(rows)} left the store${why}`;
}

function halfDoneText(count: number, lastRun: RetentionRun | null): string {
  const next = lastRun?.outcome === "running" ? "unless a run is at it" : "aasm retention run does it now";
  return `${formatCount(count)}; the next run finishes ${count === 1 ? "it" : "them"}, ${next}`;
}
