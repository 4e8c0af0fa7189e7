import type { AuditOrder } from "@agent-assembly/storage-core";
import type { AuditTextField, ParsedAuditFilter } from "@agent-assembly/storage-core/backend";

/** Each has an index by time. */
const INDEXED: readonly AuditTextField[] = ["agentId", "sessionId", "traceId"];

/** Whether all events are of one agent, session or trace. */
export function isOfOne({ texts }: ParsedAuditFilter): boolean {
  return texts.some(({ field, values }) => values.length === 1 && INDEXED.includes(field));
}

/** Events that are read beyond a page because they have the time of its last one, at most. */
export const MOST_TIES = 400;

interface Keyed {
  /** Milliseconds, or a date. */
  readonly ts: number | Date;
  readonly eventId: string;
}

/**
 * The page among its first events by time and those with the time of the last of them.
 * @param events at most `limit + MOST_TIES`
 * @returns `undefined` when more events may have that time than were read
 */
export function pageAmong<Event extends Keyed>(events: Event[], order: AuditOrder, limit: number): Event[] | undefined {
  if (events.length === limit + MOST_TIES) return undefined;
  const sign = order === "newest" ? -1 : 1;
  const compare = (a: Event, b: Event): number =>
    sign * (Number(a.ts) - Number(b.ts) || (a.eventId < b.eventId ? -1 : 1));
  const isSorted = events.every((event, i) => i === 0 || compare(events[i - 1] as Event, event) < 0);
  const sorted = isSorted ? events : events.toSorted(compare);
  return sorted.length > limit ? sorted.slice(0, limit) : sorted;
}
