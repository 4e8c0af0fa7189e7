import type { Segment } from "@agent-assembly/storage-core";

export const DAY_MS = 86_400_000;

/** Whether every row the segment may hold is at least so old. */
export function isOlderThan(segment: Segment, days: number, nowMs: number): boolean {
  return segment.to.getTime() <= nowMs - days * DAY_MS;
}

/** When that will be. */
export function becomesOlderThan(segment: Segment, days: number): Date {
  return new Date(segment.to.getTime() + days * DAY_MS);
}

export function ageInDays(segment: Segment, nowMs: number): number {
  return Math.floor((nowMs - segment.to.getTime()) / DAY_MS);
}

export function daysText(count: number): string {
  return count === 1 ? "1 day" : `${count} days`;
}
