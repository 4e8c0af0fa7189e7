import { computed, signal } from "@preact/signals";
import type { Zone } from "../text/format.js";
import { params } from "./location.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Ranges that end now, by the name in the URL. */
export const RANGES = [
  { name: "15m", label: "15 min", ms: 15 * MINUTE },
  { name: "1h", label: "1 h", ms: HOUR },
  { name: "24h", label: "24 h", ms: DAY },
  { name: "7d", label: "7 d", ms: 7 * DAY },
  { name: "30d", label: "30 d", ms: 30 * DAY },
  { name: "90d", label: "90 d", ms: 90 * DAY },
] as const;

export const DEFAULT_RANGE = "24h";

/** A range of time in milliseconds since the epoch. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
  /** The name of a range that ends now; absent for a fixed one. */
  readonly name?: string;
}

/** The clock that relative times and ranges are read by; moves once in ten seconds while the page is visible. */
export const now = signal(Date.now());
setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, 10_000);

/** When the ranges that end now were last read. Lists stay still until they are asked to move on. */
export const asOf = signal(Date.now());

/** Moves the ranges that end now to now. */
export function refreshNow(): void {
  now.value = Date.now();
  asOf.value = now.value;
}

/** The time range in the URL. */
export const range = computed<TimeRange>(() => {
  const from = Date.parse(params.value.get("from") ?? "");
  const to = Date.parse(params.value.get("to") ?? "");
  if (!Number.isNaN(from) && (Number.isNaN(to) || to > from)) return { from, to: Number.isNaN(to) ? asOf.value : to };
  const wanted = params.value.get("range") ?? DEFAULT_RANGE;
  const known = RANGES.find(({ name }) => name === wanted) ?? RANGES[2];
  return { from: asOf.value - known.ms, to: asOf.value, name: known.name };
});

/** The time zone in the URL. */
export const zone = computed<Zone>(() => (params.value.get("tz") === "utc" ? "utc" : "local"));

const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((n) => ({ every: `${n}s`, ms: n * 1000 })),
  ...[1, 2, 5, 10, 15, 30].map((n) => ({ every: `${n}m`, ms: n * MINUTE })),
  ...[1, 2, 3, 4, 6, 8, 12].map((n) => ({ every: `${n}h`, ms: n * HOUR })),
  { every: "1d", ms: DAY },
  { every: "1w", ms: 7 * DAY },
];

/** The shortest bucket that divides a range in at most `most` parts. */
export function bucketFor({ from, to }: TimeRange, most = 120): { readonly every: string; readonly ms: number } {
  const found = STEPS.find(({ ms }) => (to - from) / ms <= most);
  return found ?? { every: "1w", ms: 7 * DAY };
}

/** A time as the API takes it. */
export function iso(at: number): string {
  return new Date(at).toISOString();
}
