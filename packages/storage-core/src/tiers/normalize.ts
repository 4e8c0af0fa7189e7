import { randomUUID } from "node:crypto";
import { describeShape } from "../describe.js";
import { invalidArgument, StorageError } from "../errors.js";
import { checkChoice, checkDate, checkInteger, checkKeys, checkObject, checkText } from "../input.js";
import type { RetentionRun, Segment, StoredEvent, TierDataset } from "./store.js";

export const TIER_DATASETS: readonly TierDataset[] = ["audit", "metrics"];
const OUTCOMES: readonly RetentionRun["outcome"][] = ["succeeded", "failed", "interrupted"];
const DEFAULT_RUNS = 100;
const MAX_RUNS = 1000;

export function checkDataset(dataset: unknown): TierDataset {
  return checkChoice("dataset", dataset, TIER_DATASETS);
}

/** @throws `invalid_argument` */
export function checkSegment(segment: unknown): Segment {
  checkObject("segment", segment);
  checkText("segment.id", segment.id);
  checkDataset(segment.dataset);
  checkDate("segment.from", segment.from);
  checkDate("segment.to", segment.to);
  return segment as unknown as Segment;
}

/** @returns the expected number of rows. @throws `invalid_argument` */
export function checkDropOptions(options: unknown): number {
  checkObject("options", options);
  checkKeys("options", options, ["expect"]);
  checkObject("options.expect", options.expect);
  checkKeys("options.expect", options.expect, ["rows"]);
  return checkInteger("options.expect.rows", options.expect.rows, 0, Number.MAX_SAFE_INTEGER);
}

/** @throws `invalid_argument` */
export function checkStoredEvents(events: unknown): readonly StoredEvent[] {
  if (!Array.isArray(events)) throw invalidArgument(`events must be an array, got ${describeShape(events)}`);
  return events as StoredEvent[];
}

/** @throws `invalid_argument` */
export function checkLease(name: unknown, ttlMs: unknown): void {
  checkText("name", name);
  checkInteger("ttlMs", ttlMs, 1000, 86_400_000);
}

/** @throws `invalid_argument` */
export function checkRun(run: RetentionRun): RetentionRun {
  checkObject("run", run);
  checkKeys("run", run, ["runId", "startedAt", "finishedAt", "outcome", "rows", "bytes", "detail"]);
  checkText("run.runId", run.runId);
  checkDate("run.startedAt", run.startedAt);
  checkDate("run.finishedAt", run.finishedAt);
  checkChoice("run.outcome", run.outcome, OUTCOMES);
  checkInteger("run.rows", run.rows, 0, Number.MAX_SAFE_INTEGER);
  checkInteger("run.bytes", run.bytes, 0, Number.MAX_SAFE_INTEGER);
  if (run.detail !== "") {
    if (typeof run.detail !== "string")
      throw invalidArgument(`run.detail must be a string, got ${describeShape(run.detail)}`);
    if (run.detail.includes("\u0000") || !run.detail.isWellFormed()) {
      throw invalidArgument("run.detail must not contain U+0000 or lone surrogates");
    }
  }
  return run;
}

/** @throws `invalid_argument` */
export function checkRunsLimit(options: { readonly limit?: number | undefined } = {}): number {
  checkObject("options", options);
  checkKeys("options", options, ["limit"]);
  return options.limit === undefined ? DEFAULT_RUNS : checkInteger("options.limit", options.limit, 1, MAX_RUNS);
}

/** What a process signs a lease with. */
export function leaseOwner(): string {
  return randomUUID();
}

export const tierErrors = {
  gone: (): StorageError =>
    new StorageError({ code: "not_found", message: "the segment no longer exists; list the segments again" }),
  changed: (expected: number, actual: number): StorageError =>
    new StorageError({
      code: "conflict",
      message: `expected the segment to hold ${expected} rows but it holds ${actual}; nothing was dropped: plan again`,
    }),
  duplicateRun: (): StorageError =>
    new StorageError({ code: "conflict", message: "a run with this runId is recorded already" }),
  metricsInMemory: (): StorageError =>
    new StorageError({ code: "unsupported", message: "this backend keeps metrics in memory; they have no segments" }),
};
