import type { ResolvedEventLimits } from "../audit/limits.js";
import { EventRefusal, type NormalizedEvent, normalizeNewEvent } from "../audit/parse.js";
import { invalidArgument } from "../errors.js";
import { describeShape } from "../support/describe.js";
import { MAX_TIME_MS, MIN_TIME_MS } from "../time/clock.js";

/** What was stored once is taken back however old or large it is. */
const NO_LIMITS: ResolvedEventLimits = {
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
