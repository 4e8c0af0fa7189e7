import { type Bucketing, MIN_TIME_MS, type ParsedMetricQuery } from "@agent-assembly/storage-core/backend";
import { plainArray } from "../sql/array-literal.js";
import type { Bindings } from "../sql/bindings.js";
import { toTimestamp } from "../sql/timestamps.js";
import type { ZoneUnits } from "./zone-units.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** The beginning of time is a midnight, and a Monday: no sample lies before it. */
const ORIGIN = `'${toTimestamp(MIN_TIME_MS)}'::timestamptz`;

export interface BucketSql {
  /** What is the same for all samples of a bucket; the number of a column stands for it. */
  readonly group: string | number;
  /** Of the bucket, in milliseconds since the epoch; the first column. */
  readonly start: string;
}

/**
 * The bucket of an instant.
 * @param time SQL of type timestamptz
 * @param units of the query's time zone; none where the buckets are those of UTC
 */
export function bucketOf(
  { bucket, from }: ParsedMetricQuery,
  units: ZoneUnits | undefined,
  time: string,
  bindings: Bindings,
): BucketSql {
  if (bucket === undefined) return { group: 1, start: bindings.bind(from, "bigint") };
  if (units !== undefined) return { group: 1, start: zoneBucket(bucket, units, milliseconds(time), bindings) };
  const group = utcBucket(bucket.unit, time);
  return { group, start: milliseconds(group) };
}

/** Whether all buckets are shorter than an hour, so that each hour is split. */
export function splitsAllHours({ bucket }: ParsedMetricQuery): boolean {
  return bucket?.unit.kind === "fixed" && bucket.unit.ms < HOUR_MS;
}

/**
 * Whether an hour lies in two buckets, as a condition; `undefined` where none can.
 * @param start of the hour, as SQL @param units as in {@link bucketOf}
 */
export function splitHour(
  { bucket }: ParsedMetricQuery,
  units: ZoneUnits | undefined,
  start: string,
  bindings: Bindings,
): string | undefined {
  if (bucket === undefined) return undefined;
  const last = HOUR_MS - 1;
  if (units !== undefined) {
    const ms = milliseconds(start);
    const [first, second] = [ms, `(${ms} + ${last})`].map((instant) => zoneBucket(bucket, units, instant, bindings));
    return `${first} <> ${second}`;
  }
  if (bucket.unit.kind !== "fixed" || bucket.unit.ms % HOUR_MS === 0) return undefined;
  return `${utcBucket(bucket.unit, start)} <> ${utcBucket(bucket.unit, `${start} + interval '${last} milliseconds'`)}`;
}

/** Exact: seconds since the epoch as a double are right to some 30 microseconds. */
export function milliseconds(time: string): string {
  return `(date_part('epoch', ${time}) * 1000)::bigint`;
}

/** Not as times: the first day of a zone may start in the year 0, which the server calls by another name. */
function zoneBucket({ unit }: Bucketing, units: ZoneUnits, ms: string, bindings: Bindings): string {
  const starts = bindings.bind(plainArray(units.starts), "bigint[]");
  const start = `(${starts})[width_bucket(${ms}, ${starts})]`;
  if (unit.kind !== "fixed") return start;
  return `(${start} + (${ms} - ${start}) / ${unit.ms} * ${unit.ms})`;
}

function utcBucket(unit: Bucketing["unit"], time: string): string {
  if (unit.kind === "month") return `date_trunc('month', ${time}, 'UTC')`;
  const width = unit.kind === "fixed" ? unit.ms : unit.kind === "week" ? 7 * DAY_MS : DAY_MS;
  return `date_bin('${width} milliseconds', ${time}, ${ORIGIN})`;
}
