import { type Bucketing, parseBucket } from "@agent-assembly/storage-core";

/**
 * Days, weeks or months of a time zone that follow one another. They come from this process and not from the server, whose
 * time zone data may be of another year: the same question must have the same answer on every server.
 */
export interface ZoneUnits {
  /** Starts in milliseconds since the epoch, ascending; the first one may lie before the range that was asked for. */
  readonly starts: readonly number[];
  /** Where they end, or the range does. */
  readonly to: number;
}

/** A unit that is not remembered costs some 20 microseconds, during which this process does nothing else. */
const MAX_UNITS = 1000;

/** Some megabytes. */
const MOST_REMEMBERED = 50_000;

/** By zone and kind of unit, the start of the unit behind the one with this start: charts ask for the same days again. */
const following = new Map<string, Map<number, number>>();
let remembered = 0;

function followingOf({ unit, timeZone }: Bucketing): Map<number, number> {
  if (remembered > MOST_REMEMBERED) {
    following.clear();
    remembered = 0;
  }
  const key = `${unit.kind} ${timeZone}`;
  const known = following.get(key) ?? new Map<number, number>();
  following.set(key, known);
  return known;
}

/** The units that cover a range from its beginning: all of it, or as much as is done at a time. */
export function zoneUnits(bucket: Bucketing, from: number, to: number): ZoneUnits {
  // Shorter buckets start over at each midnight.
  const unit = bucket.unit.kind === "fixed" ? parseBucket({ every: "1d", timeZone: bucket.timeZone }) : bucket;
  const starts: number[] = [];
  let start = unit.startOf(from);
  const known = followingOf(unit);
  while (start < to && starts.length < MAX_UNITS) {
    starts.push(start);
    let next = known.get(start);
    if (next === undefined) {
      next = unit.next(start);
      known.set(start, next);
      remembered++;
    }
    start = next;
  }
  return { starts, to: Math.min(start, to) };
}
