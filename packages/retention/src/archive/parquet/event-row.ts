import { type AuditEvent, canonicalJson } from "@agent-assembly/storage-core";
import {
  type AuditEventRow,
  describeShape,
  EventRefusal,
  invalidArgument,
  MAX_TIME_MS,
  MIN_TIME_MS,
  parseNewEvent,
  type ResolvedEventLimits,
} from "@agent-assembly/storage-core/backend";

/** Stored events are archived at any age and size. */
const NO_LIMITS: ResolvedEventLimits = {
  maxAgeMs: Number.POSITIVE_INFINITY,
  maxSkewMs: Number.POSITIVE_INFINITY,
  maxPayloadBytes: Number.POSITIVE_INFINITY,
};

/**
 * A stored event in the form of the archive, its payload as canonical JSON. It is validated like a new event: what a
 * file cannot hold must fail before anything is dropped.
 * @throws `invalid_argument` that names the position
 */
export function archivedForm(event: AuditEvent, index: number): AuditEventRow {
  const recordedAt = event.recordedAt instanceof Date ? event.recordedAt.getTime() : Number.NaN;
  if (!(recordedAt >= MIN_TIME_MS && recordedAt <= MAX_TIME_MS)) {
    throw refused(
      index,
      `recordedAt must be a Date within the years 1 to 9999, got ${describeShape(event.recordedAt)}`,
    );
  }
  // A default would turn it into a different event.
  if (event.eventId === undefined) throw refused(index, "eventId must be a UUID, got nothing");
  if (event.dryRun === undefined) throw refused(index, "dryRun must be true or false, got nothing");
  const row = parseNewEvent(event, NO_LIMITS, recordedAt);
  if (row instanceof EventRefusal) throw refused(index, row.reason);
  return event.payload === undefined ? row : { ...row, payload: canonicalJson(event.payload) };
}

function refused(index: number, reason: string): Error {
  return invalidArgument(`events[${index}]`, `cannot be archived: ${reason}`);
}
