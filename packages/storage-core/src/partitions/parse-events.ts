import type { ResolvedEventLimits } from "../audit/limits.js";
import { EventRefusal, parseNewEvent } from "../audit/parse.js";
import type { AuditEventRow } from "../audit/row.js";
import { invalidArgument, StorageError } from "../errors.js";
import type { RestoredEvidence } from "../evidence/log.js";
import { describeShape } from "../support/describe.js";
import { checkKeys, checkObject, parseInteger, parseText } from "../support/input.js";
import { checkCount, REQUEST_LIMITS } from "../support/request-limits.js";
import { MAX_TIME_MS, MIN_TIME_MS } from "../support/time-range.js";

/** Restored events are accepted at any age and size. */
const NO_LIMITS: ResolvedEventLimits = {
  maxAgeMs: Number.POSITIVE_INFINITY,
  maxSkewMs: Number.POSITIVE_INFINITY,
  maxPayloadBytes: Number.POSITIVE_INFINITY,
};

/**
 * Validates restored events. An archive may be damaged or come from elsewhere, so they are validated like new events,
 * and `eventId`, `recordedAt` and `dryRun` are required.
 * @returns the rows, in order
 * @throws `invalid_argument` that names the position and the member of the first bad event; `too_large` for too many
 */
export function parseRestoredEvents(events: unknown): readonly AuditEventRow[] {
  if (!Array.isArray(events)) throw invalidArgument("events", `must be an array, got ${describeShape(events)}`);
  checkCount("events", "events", events.length, REQUEST_LIMITS.restoredEvents, "Restore in parts.");
  const rows: AuditEventRow[] = [];
  for (let index = 0; index < events.length; index++) {
    const row = parseStoredEvent(events[index]);
    if (row instanceof EventRefusal) throw badEvent(index, row);
    rows.push(row);
  }
  return rows;
}

/**
 * Validates how events are restored.
 * @param count of the events
 * @throws `invalid_argument`
 */
export function parseRestoreOptions(options: unknown, count: number): RestoredEvidence | undefined {
  checkObject("options", options);
  checkKeys("options", options, ["evidence"]);
  const { evidence } = options;
  if (evidence === undefined) return undefined;
  checkObject("options.evidence", evidence);
  const { log, leaves, archive, manifest } = evidence as Readonly<Record<keyof RestoredEvidence, unknown>>;
  if (!Array.isArray(leaves) || leaves.length !== count) {
    throw invalidArgument("options.evidence.leaves", `must be an array of ${count}, one for each event`);
  }
  const taken = new Set<number>();
  for (const [at, leaf] of leaves.entries()) {
    if (leaf === null) continue;
    const what = `options.evidence.leaves[${at}]`;
    const number = parseInteger(what, leaf, 0, Number.MAX_SAFE_INTEGER);
    if (taken.has(number)) throw invalidArgument(what, "is the leaf of another event, too");
    taken.add(number);
  }
  return {
    log: parseInteger("options.evidence.log", log, 1, Number.MAX_SAFE_INTEGER),
    leaves,
    archive: parseText("options.evidence.archive", archive),
    manifest: parseText("options.evidence.manifest", manifest),
  };
}

function badEvent(index: number, { reason, member }: EventRefusal): StorageError {
  const event = `events[${index}]`;
  return new StorageError({
    code: "invalid_argument",
    option: member === undefined ? event : `${event}.${member}`,
    message: `nothing was inserted, since {option} is not valid: ${reason}`,
  });
}

/** @returns the row of an event that was stored before, whatever its age and size; or what is wrong with the event */
export function parseStoredEvent(event: unknown): AuditEventRow | EventRefusal {
  if (typeof event !== "object" || event === null || Array.isArray(event)) {
    return new EventRefusal("invalid_argument", `event must be an object, got ${describeShape(event)}`);
  }
  const { eventId, recordedAt, dryRun } = event as { eventId?: unknown; recordedAt?: unknown; dryRun?: unknown };
  const recorded = recordedAt instanceof Date ? recordedAt.getTime() : Number.NaN;
  if (Number.isNaN(recorded)) return refused("recordedAt", `must be a valid Date, got ${describeShape(recordedAt)}`);
  if (recorded < MIN_TIME_MS || recorded > MAX_TIME_MS) {
    return refused("recordedAt", "must lie within the years 1 to 9999");
  }
  // A default would turn it into a different event.
  if (eventId === undefined) return refused("eventId", "must be a UUID, got nothing");
  if (typeof dryRun !== "boolean") return refused("dryRun", `must be true or false, got ${describeShape(dryRun)}`);
  return parseNewEvent(event, NO_LIMITS, recorded);
}

function refused(member: "recordedAt" | "eventId" | "dryRun", problem: string): EventRefusal {
  return new EventRefusal("invalid_argument", `${member} ${problem}`, member);
}
