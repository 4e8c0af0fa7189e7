import { COUNT_DIMENSIONS, cellStart } from "../audit/counts/cubes.js";
import type { AuditEventRow } from "../audit/row.js";

/** Dropped events of one day that have the same members. */
export interface DroppedGroup {
  /** One of them: its time is the start of the day, and it has no members but those that counts are kept by. */
  readonly like: AuditEventRow;
  readonly count: number;
}

/** How many events were dropped, by UTC day and the members that counts are kept by. */
export class DroppedCounts {
  readonly #groups = new Map<string, { readonly like: AuditEventRow; count: number }>();

  get groups(): Iterable<DroppedGroup> {
    return this.#groups.values();
  }

  /** Counts a dropped event. */
  add(event: AuditEventRow): void {
    const like = likeOf(event);
    const id = idOf(like);
    const group = this.#groups.get(id) ?? { like, count: 0 };
    group.count++;
    this.#groups.set(id, group);
  }

  /** Of an event that was restored: it counts as itself from now on. One that was never dropped here changes nothing. */
  remove(event: AuditEventRow): void {
    const id = idOf(likeOf(event));
    const group = this.#groups.get(id);
    if (group === undefined) return;
    group.count--;
    if (group.count === 0) this.#groups.delete(id);
  }
}

function likeOf(event: AuditEventRow): AuditEventRow {
  return {
    ...event,
    ts: cellStart("day", event.ts),
    recordedAt: 0,
    eventId: "",
    orgId: null,
    sessionId: null,
    traceId: null,
    shadowDecision: null,
    payload: null,
  };
}

function idOf(like: AuditEventRow): string {
  return JSON.stringify([like.ts, ...COUNT_DIMENSIONS.map((member) => like[member])]);
}
