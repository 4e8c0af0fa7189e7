import { type Bucketing, parseBucket } from "./bucket.js";

/** Start of the bucket that lies `count` buckets before the one that starts at `start`. Milliseconds since the epoch. */
export function bucketsBefore({ unit, timeZone, startOf }: Bucketing, start: number, count: number): number {
  if (unit.kind === "fixed" && timeZone === "UTC") return start - count * unit.ms;
  let at = start;
  for (let step = 0; step < count; step++) at = startOf(at - 1);
  return at;
}

/** Midnight in the bucket's time zone, `count` days before the day that `start` lies in. Milliseconds since the epoch. */
export function daysBefore({ timeZone }: Bucketing, start: number, count: number): number {
  const days = parseBucket({ every: "1d", timeZone });
  return bucketsBefore(days, days.startOf(start), count);
}
