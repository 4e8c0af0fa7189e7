import { type ParsedMetricQuery, percentileOf } from "@agent-assembly/storage-core/backend";
import { splitsAllHours } from "./bucket-sql.js";
import type { ZoneUnits } from "./zone-units.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** More split hours than this, or more than one hour in so many, are read by going through all samples once. */
const MOST_LISTED = 500;
const SPARSE = 8;

/** Inclusive and exclusive, milliseconds since the epoch. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/** How long the times are that totals are kept of. */
export type TotalsLevel = "hour" | "day" | "month";

/** Whole hours, days or months, each of which lies in one bucket; but for hours that are split. */
export interface TotalsSegment extends TimeRange {
  readonly level: TotalsLevel;
  /** Starts of days that are left out. */
  readonly except?: readonly number[];
  /** Starts of the days whose hours are read; default all. */
  readonly only?: readonly number[];
}

/** Where the answer for a range comes from. */
export interface TimeSplit {
  /** Parts of hours, and hours of queries that no totals answer: read from samples. */
  readonly samples: readonly TimeRange[];
  /** Whole hours, read from totals. */
  readonly hours: TimeRange | undefined;
  readonly segments: readonly TotalsSegment[];
  /** Hours among {@link hours} that lie in two buckets and are read from samples: a list, or any number of them. */
  readonly split: readonly number[] | "many";
}

/**
 * Divides a range into what is read from totals, as few of them as possible, and what is read from samples.
 * @param units of the query's time zone, covering the range; none where the buckets are those of UTC
 */
export function splitTime(query: ParsedMetricQuery, range: TimeRange, units: ZoneUnits | undefined): TimeSplit {
  const hours = { from: Math.ceil(range.from / HOUR_MS) * HOUR_MS, to: Math.floor(range.to / HOUR_MS) * HOUR_MS };
  if (percentileOf(query.aggregate) !== undefined || splitsAllHours(query) || hours.from >= hours.to) {
    return { samples: [range], hours: undefined, segments: [], split: [] };
  }
  const samples = [
    { from: range.from, to: hours.from },
    { from: hours.to, to: range.to },
  ].filter(({ from, to }) => from < to);
  const split = splitHours(query, hours, units);
  if (split.length > 0) return { samples, hours, segments: segmentsOf(hours, "hour"), split };
  return { samples, hours, segments: wholeSegments(query, hours, units), split };
}

/** Segments where no hour is split. */
function wholeSegments({ bucket }: ParsedMetricQuery, hours: TimeRange, units: ZoneUnits | undefined): TotalsSegment[] {
  if (bucket === undefined) return segmentsOf(hours, "month");
  const { kind } = bucket.unit;
  if (kind === "fixed") return segmentsOf(hours, "hour");
  if (units === undefined) return segmentsOf(hours, kind === "month" ? "month" : "day");
  // A day of another zone is none of UTC, but weeks and months have many.
  return kind === "day" ? segmentsOf(hours, "hour") : daysApart(hours, units);
}

/** Days, and the hours of days that two units share or that are cut. */
function daysApart(hours: TimeRange, { starts }: ZoneUnits): TotalsSegment[] {
  const days = { from: Math.ceil(hours.from / DAY_MS) * DAY_MS, to: startOfDay(hours.to) };
  const apart = [hours.from, ...starts, hours.to]
    .filter((ms) => ms % DAY_MS !== 0 && ms >= hours.from && ms <= hours.to)
    .map(startOfDay);
  const listed = [...new Set(apart)];
  const byHour: TotalsSegment = { level: "hour", ...hours, only: listed };
  return days.from < days.to ? [{ level: "day", ...days, except: listed }, byHour] : [byHour];
}

/** @param hours whole ones */
function segmentsOf(hours: TimeRange, level: TotalsLevel): TotalsSegment[] {
  if (level === "hour") return hours.from < hours.to ? [{ level, ...hours }] : [];
  const finer = level === "month" ? "day" : "hour";
  const floor = level === "month" ? startOfMonth : startOfDay;
  const to = floor(hours.to);
  // Any time within the last month or day before `from` leads to the one after it.
  const started = floor(hours.from);
  const from = started === hours.from ? started : floor(started + (level === "month" ? 32 : 1) * DAY_MS);
  if (from >= to) return segmentsOf(hours, finer);
  return [
    ...segmentsOf({ from: hours.from, to: from }, finer),
    { level, from, to },
    ...segmentsOf({ from: to, to: hours.to }, finer),
  ];
}

function startOfDay(ms: number): number {
  return Math.floor(ms / DAY_MS) * DAY_MS;
}

function startOfMonth(ms: number): number {
  const date = new Date(ms);
  // Date.UTC would take the years 0 to 99 for 1900 to 1999.
  return new Date(0).setUTCFullYear(date.getUTCFullYear(), date.getUTCMonth(), 1);
}

/** The hours that lie in two buckets: those that a bucket starts in, but not at the beginning. */
function splitHours({ bucket }: ParsedMetricQuery, hours: TimeRange, units: ZoneUnits | undefined): number[] | "many" {
  if (bucket === undefined) return [];
  const { unit } = bucket;
  const step = unit.kind === "fixed" ? unit.ms : undefined;
  if (units === undefined && (step === undefined || step % HOUR_MS === 0)) return [];
  const most = Math.min(MOST_LISTED, (hours.to - hours.from) / HOUR_MS / SPARSE);
  const found = new Set<number>();
  // Buckets of UTC divide each of its days alike.
  const starts = units?.starts ?? [startOfDay(hours.from)];
  for (const [i, start] of starts.entries()) {
    const end = Math.min(starts[i + 1] ?? hours.to, hours.to);
    for (let at = start; at < end; at += step ?? end - start) {
      if (at <= hours.from || at % HOUR_MS === 0) continue;
      found.add(Math.floor(at / HOUR_MS) * HOUR_MS);
      if (found.size > most) return "many";
    }
  }
  return [...found];
}
