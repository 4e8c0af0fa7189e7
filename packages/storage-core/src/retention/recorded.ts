import type { GovernanceChange } from "../governance/change.js";
import { governanceEvent, isoOf } from "../governance/event.js";
import type { RecordChange } from "../governance/record-change.js";
import type { JsonObject } from "../support/json.js";
import type { ArchiveState } from "./archive.js";
import type { ArchiveRow } from "./parse-archive.js";
import type { RunRow } from "./parse-run.js";

/** What is recorded of a retention run: that it began, and how it ended. */
export const recordRun: RecordChange<RunRow> = (_, run, now) => {
  const { runId, scheduledFor, outcome, rows, bytes, detail } = run as RunRow;
  const subject: JsonObject = { runId };
  if (outcome === "running") {
    const after = { scheduledFor: isoOf(scheduledFor) };
    return governanceEvent({ change: "retention.started", at: now, subject, after });
  }
  return governanceEvent({ change: "retention.finished", at: now, subject, after: { outcome, rows, bytes, detail } });
};

const STEPS: Readonly<Record<ArchiveState, GovernanceChange>> = {
  writing: "archive.started",
  verified: "archive.verified",
  dropped: "archive.dropped",
};

/** What is recorded of an archive: each of its states, and that it was given up. */
export const recordArchiveStep: RecordChange<ArchiveRow> = (before, after, now) =>
  governanceEvent({
    change: after === undefined ? "archive.forgotten" : STEPS[after.state],
    at: now,
    subject: { archiveId: ((after ?? before) as ArchiveRow).archiveId },
    before: before && factsOf(before),
    after: after && factsOf(after),
  });

function factsOf({ state, dataset, partitionId, from, to, url, rows, bytes }: ArchiveRow): JsonObject {
  return { state, dataset, partitionId, from: isoOf(from), to: isoOf(to), url, rows, bytes };
}
