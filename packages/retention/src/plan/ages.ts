import type { Partition } from "@agent-assembly/storage-core";

export const DAY_MS = 86_400_000;

/** Whether every row the partition may hold is at least so old. */
export function isOlderThan(partition: Partition, days: number, nowMs: number): boolean {
  return partition.to.getTime() <= nowMs - days * DAY_MS;
}

/** When that will be. */
export function becomesOlderThan(partition: Partition, days: number): Date {
  return new Date(partition.to.getTime() + days * DAY_MS);
}

export function ageInDays(partition: Partition, nowMs: number): number {
  return Math.floor((nowMs - partition.to.getTime()) / DAY_MS);
}

export function daysText(count: number): string {
  return count === 1 ? "1 day" : `${count} days`;
}
