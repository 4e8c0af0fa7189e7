import { randomUUID } from "node:crypto";
import type { ResolvedAuditLimits } from "../audit/limits.js";
import { EventRefusal, type NormalizedEvent, normalizeNewEvent } from "../audit/normalize.js";
import { describeShape } from "../describe.js";
import { invalidArgument, StorageError } from "../errors.js";
import { checkChoice, checkDate, checkInteger, checkKeys, checkObject, checkText } from "../input.js";
import { MAX_TIME_MS, MIN_TIME_MS } from "../time/clock.js";
import type { RetentionRun, Segment, TierDataset } from "./store.js";

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

/** What was stored once is taken back however old or large it is. */
const NO_LIMITS: ResolvedAuditLimits = {
  maxAgeMs: Number.POSITIVE_INFINITY,
  maxSkewMs: Number.POSITIVE_INFINITY,
  maxPayloadBytes: Number.POSITIVE_INFINITY,
};

/**
 * The door for restored events: an archive may be damaged or written by others, so they pass the checks of new ones,
 * and `eventId`, `recordedAt` and `dryRun` must be there.
 * @returns the stored forms, in order
 * @throws `invalid_argument` that names the position and the member of the first bad event
 */
export function checkStoredEvents(events: unknown): readonly NormalizedEvent[] {
  if (!Array.isArray(events)) throw invalidArgument(`events must be an array, got ${describeShape(events)}`);
  const rows: NormalizedEvent[] = [];
  for (let index = 0; index < events.length; index++) {
    const row = storedForm(events[index]);
    if (typeof row === "string") throw invalidArgument(`nothing was inserted, since events[${index}] is bad: ${row}`);
    rows.push(row);
  }
  return rows;
}

/** @returns the stored form, or what is wrong with the event */
function storedForm(event: unknown): NormalizedEvent | string {
  if (typeof event !== "object" || event === null || Array.isArray(event)) {
    return `event must be an object, got ${describeShape(event)}`;
  }
  const { eventId, recordedAt, dryRun } = event as { eventId?: unknown; recordedAt?: unknown; dryRun?: unknown };
  const recorded = recordedAt instanceof Date ? recordedAt.getTime() : Number.NaN;
  if (Number.isNaN(recorded)) return `recordedAt must be a valid Date, got ${describeShape(recordedAt)}`;
  if (recorded < MIN_TIME_MS || recorded > MAX_TIME_MS) return "recordedAt must lie within the years 1 to 9999";
  // A default would make another event of it.
  if (eventId === undefined) return "eventId must be a UUID, got nothing";
  if (typeof dryRun !== "boolean") return `dryRun must be true or false, got ${describeShape(dryRun)}`;
  const row = normalizeNewEvent(event, NO_LIMITS, recorded);
  return row instanceof EventRefusal ? row.reason : row;
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
