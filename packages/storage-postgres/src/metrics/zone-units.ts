import { type Bucketing, parseBucket } from "@agent-assembly/storage-core/backend";

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

/** A unit whose start is not remembered costs some 20 microseconds, during which this process does nothing else. */
const MAX_UNITS = 1000;

/** The units that cover a range from its beginning: all of it, or as much as is done at a time. */
export function zoneUnits(bucket: Bucketing, from: number, to: number): ZoneUnits {
  // Shorter buckets start over at each midnight.
  const unit = bucket.unit.kind === "fixed" ? parseBucket({ every: "1d", timeZone: bucket.timeZone }) : bucket;
  const starts: number[] = [];
  let start = unit.startOf(from);
  while (start < to && starts.length < MAX_UNITS) {
    starts.push(start);
    start = unit.next(start);
  }
  return { starts, to: Math.min(start, to) };
}
