import type { Summary } from "../server/wire.js";

/** How loud a decision is in a chart: refusals, what waits or went wrong, and the rest. */
export type Tone = "deny" | "warn" | "calm";

export const TONES: readonly Tone[] = ["deny", "warn", "calm"];

export function toneOf(decision: string | boolean | null | undefined): Tone {
  if (decision === "deny") return "deny";
  return decision === "pending" || decision === "error" ? "warn" : "calm";
}

/** The events of one bucket. */
export interface BucketCount {
  /** Milliseconds since the epoch. */
  readonly start: number;
  readonly total: number;
  readonly deny: number;
  readonly warn: number;
  readonly calm: number;
}

/** One entry for each bucket of a range, those without events included. */
export function bucketCounts(summary: Summary, from: number, to: number, ms: number): BucketCount[] {
  const byStart = new Map<number, Record<Tone, number>>();
  for (const { bucket, key, count } of summary.items) {
    const start = Date.parse(bucket ?? "");
    const counts = byStart.get(start) ?? { deny: 0, warn: 0, calm: 0 };
    counts[toneOf(key.decision)] += count;
    byStart.set(start, counts);
  }
  // Weeks begin on Mondays, five days after the epoch's first day; all other buckets divide a day.
  const origin = ms === 7 * 86_400_000 ? 4 * 86_400_000 : 0;
  const buckets: BucketCount[] = [];
  for (let start = Math.floor((from - origin) / ms) * ms + origin; start < to; start += ms) {
    const counts = byStart.get(start) ?? { deny: 0, warn: 0, calm: 0 };
    buckets.push({ start, ...counts, total: counts.deny + counts.warn + counts.calm });
  }
  return buckets;
}
