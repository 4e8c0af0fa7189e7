import { invalidArgument } from "../errors.js";
import { describeShape } from "../support/describe.js";
import { checkKeys } from "../support/input.js";
import { startOfMonth } from "./months.js";
import { type ZoneMidnights, zoneMidnights } from "./zone-midnights.js";

/**
 * A regular division of time. Seconds, minutes and hours must divide a day evenly and start over at each midnight of
 * the time zone (on a day with a clock change the last one may be shorter); `1d` is a calendar day, `1w` an ISO week
 * (Monday), `1mo` a calendar month.
 */
export interface Bucket {
  /** `"30s"`, `"5m"`, `"1h"`, `"1d"`, `"1w"` or `"1mo"`. */
  readonly every: string;
  /** IANA name such as `Europe/Berlin`; default `UTC`. */
  readonly timeZone?: string | undefined;
}

const DAY_MS = 86_400_000;
/** 1970-01-05, the first Monday of the epoch. */
const FIRST_MONDAY_MS = 4 * DAY_MS;
const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000 } as const;

type Unit = { readonly kind: "fixed"; readonly ms: number } | { readonly kind: "day" | "week" | "month" };

/** A validated bucket. Stateful only as a cache; not tied to a range. */
export interface Bucketing {
  readonly every: string;
  readonly timeZone: string;
  readonly unit: Unit;
  /** Start of the bucket that holds the instant; both in milliseconds since the epoch. */
  startOf(ms: number): number;
  /** Start of the bucket after the one that starts at `startMs`. */
  next(startMs: number): number;
}

/** The starts of all buckets that overlap a range, in milliseconds since the epoch, ascending. */
export function bucketStarts(bucket: Bucketing, from: number, to: number): number[] {
  const starts: number[] = [];
  for (let start = bucket.startOf(from); start < to; start = bucket.next(start)) starts.push(start);
  return starts;
}

type Boundaries = Pick<Bucketing, "startOf" | "next">;

/**
 * @param what path of the argument, for errors
 * @throws `invalid_argument` for an unknown duration or time zone
 */
export function parseBucket(bucket: Bucket, what = "bucket"): Bucketing {
  if (typeof bucket !== "object" || bucket === null) {
    throw invalidArgument(what, `must be an object like { every: "1h" }, got ${describeShape(bucket)}`);
  }
  checkKeys(what, bucket, ["every", "timeZone"]);
  const unit = parseUnit(bucket.every, what);
  const timeZone = bucket.timeZone ?? "UTC";
  const boundaries = timeZone === "UTC" ? utcBoundaries(unit) : zonedBoundaries(unit, midnightsOf(timeZone, what));
  return { every: bucket.every, timeZone, unit, ...boundaries };
}

function parseUnit(every: unknown, what: string): Unit {
  const match = typeof every === "string" ? /^(\d{1,5})(s|m|h|d|w|mo)$/.exec(every) : null;
  const amount = Number(match?.[1]);
  const name = match?.[2];
  if (amount === 1 && name === "d") return { kind: "day" };
  if (amount === 1 && name === "w") return { kind: "week" };
  if (amount === 1 && name === "mo") return { kind: "month" };
  if (name === "s" || name === "m" || name === "h") {
    const ms = amount * UNIT_MS[name];
    if (ms > 0 && ms < DAY_MS && DAY_MS % ms === 0) return { kind: "fixed", ms };
  }
  throw invalidArgument(
    `${what}.every`,
    `must be a number of s, m or h that divides a day (like "5m" or "1h"), or "1d", "1w" or "1mo"; got ${describeShape(every)}`,
  );
}

function midnightsOf(timeZone: unknown, what: string): ZoneMidnights {
  try {
    if (typeof timeZone !== "string") throw new RangeError();
    return zoneMidnights(timeZone);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw invalidArgument(
      `${what}.timeZone`,
      `must be an IANA name such as "Europe/Berlin" or "UTC", got ${describeShape(timeZone)}`,
    );
  }
}

function utcBoundaries(unit: Unit): Boundaries {
  if (unit.kind === "month") {
    return {
      startOf(ms) {
        const date = new Date(ms);
        return startOfMonth(date.getUTCFullYear(), date.getUTCMonth());
      },
      next(startMs) {
        const date = new Date(startMs);
        return startOfMonth(date.getUTCFullYear(), date.getUTCMonth() + 1);
      },
    };
  }
  const width = unit.kind === "fixed" ? unit.ms : unit.kind === "day" ? DAY_MS : 7 * DAY_MS;
  const origin = unit.kind === "week" ? FIRST_MONDAY_MS : 0;
  return {
    startOf: (ms) => Math.floor((ms - origin) / width) * width + origin,
    next: (startMs) => startMs + width,
  };
}

/**
 * A unit reaches from one midnight to another, of which one day's may come twice: its hour between a clock that went back
 * over midnight and the second midnight is the new unit's, though the calendar shows the old date once more.
 */
function zonedBoundaries(unit: Unit, midnights: ZoneMidnights): Boundaries {
  // Dates count as the instants at which they begin in UTC.
  const dates = utcBoundaries(unit.kind === "fixed" ? { kind: "day" } : unit);
  // Neighbouring rows mostly share a calendar unit.
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;

  const load = (ms: number): void => {
    if (ms >= start && ms < end) return;
    let date = dates.startOf(ms);
    start = midnights.of(date);
    while (start > ms) {
      date = dates.startOf(date - 1);
      start = midnights.of(date);
    }
    date = dates.next(date);
    end = midnights.of(date);
    while (end <= ms) {
      start = end;
      date = dates.next(date);
      end = midnights.of(date);
    }
  };

  return {
    startOf(ms) {
      load(ms);
      if (unit.kind !== "fixed") return start;
      return start + Math.floor((ms - start) / unit.ms) * unit.ms;
    },
    next(startMs) {
      load(startMs);
      return unit.kind === "fixed" ? Math.min(startMs + unit.ms, end) : end;
    },
  };
}
