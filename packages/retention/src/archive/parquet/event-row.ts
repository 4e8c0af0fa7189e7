import { type AuditEvent, canonicalJson } from "@agent-assembly/storage-core";
import {
  describeShape,
  EventRefusal,
  invalidArgument,
  MAX_TIME_MS,
  MIN_TIME_MS,
  type NormalizedEvent,
  normalizeNewEvent,
  type ResolvedEventLimits,
} from "@agent-assembly/storage-core/backend";

/** What was stored once is archived however old or large it is. */
const NO_LIMITS: ResolvedEventLimits = {
  maxAgeMs: Number.POSITIVE_INFINITY,
  maxSkewMs: Number.POSITIVE_INFINITY,
  maxPayloadBytes: Number.POSITIVE_INFINITY,
};

/**
 * A stored event as the archive holds it, its payload in canonical form. It passes the door of new events: what a file
 * could not hold must fail before anything is dropped.
 * @throws `invalid_argument` that names the position
 */
export function archivedForm(event: AuditEvent, index: number): NormalizedEvent {
  const recordedAt = event.recordedAt instanceof Date ? event.recordedAt.getTime() : Number.NaN;
  if (!(recordedAt >= MIN_TIME_MS && recordedAt <= MAX_TIME_MS)) {
    throw refused(
      index,
      `recordedAt must be a Date within the years 1 to 9999, got ${describeShape(event.recordedAt)}`,
    );
  }
  // A default would make another event of it.
  if (event.eventId === undefined) throw refused(index, "eventId must be a UUID, got nothing");
  if (event.dryRun === undefined) throw refused(index, "dryRun must be true or false, got nothing");
  const row = normalizeNewEvent(event, NO_LIMITS, recordedAt);
  if (row instanceof EventRefusal) throw refused(index, row.reason);
  return event.payload === undefined ? row : { ...row, payload: canonicalJson(event.payload) };
}

function refused(index: number, reason: string): Error {
  return invalidArgument(`event ${index} of the segment cannot be archived: ${reason}`);
}
