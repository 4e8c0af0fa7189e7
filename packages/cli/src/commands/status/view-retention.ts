import type { RetentionRun } from "@agent-assembly/storage-core";
import { formatCount, formatRelative, formatTime, rowsText } from "../../terminal/format.js";
import type { Field } from "../../terminal/table.js";
import { nextRunText } from "../retention/view-plan.js";
import type { RetentionStatus } from "./retention.js";

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
