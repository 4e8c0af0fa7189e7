import { invalidArgument } from "../../errors.js";
import { Judge } from "../anomalies/judge.js";
import { baselineStart } from "../anomalies/parse-anomalies.js";
import type { AnomalyPoint, AnomalyQuery, AnomalySeries } from "../anomaly.js";
import type { MetricDefinition } from "../definition.js";
import { checkPointCount, parseAnomalyQuery } from "../driver/parse-query.js";
import { convertUnit, type UnitConversion } from "../units.js";
import { fillBuckets, pointFormat, toKey } from "./points.js";
import type { MetricReader } from "./reader.js";

/** Buckets of one series that may be read, those of baselines included: a week has 604,800 of a second. */
const MAX_SERIES_BUCKETS = 1_000_000;
/** The same of all series. Judging blocks the process, for about two seconds with as many. */
const MAX_BUCKETS = 10_000_000;

/** @param definition of the query's metric @throws `invalid_argument`, `unsupported` */
export async function answerAnomalies(
  reader: MetricReader,
  query: AnomalyQuery,
  definition: MetricDefinition | undefined,
): Promise<AnomalySeries[]> {
  const { read, fill, options, counts } = parseAnomalyQuery(query, definition);
  const format = pointFormat("query.unit", query.unit, definition, read);
  const { bucket, from, to } = read;
  const since = baselineStart(options, bucket, bucket.startOf(from));
  // Estimated from one step, as the number of points is.
  if ((to - since) / (bucket.next(since) - since) > MAX_SERIES_BUCKETS) throw tooManyBuckets(MAX_SERIES_BUCKETS);
  // Where an empty bucket counts as zero, a group that has fallen silent is judged like the others.
  const { groups, starts, rangeStart } = await reader.grid(read, since, fill === "zero" ? "all" : "range");
  checkPointCount("query", bucket, from, to, groups.length);
  if (groups.length * starts.length > MAX_BUCKETS) throw tooManyBuckets(MAX_BUCKETS);
  const cut = (index: number): boolean => {
    const start = starts[index] as number;
    return index >= rangeStart && (start < from || bucket.next(start) > to);
  };
  const judge = new Judge(starts, options, { rangeStart, cut, counts, bucketing: bucket });
  return groups.map(({ key, buckets }) => {
    const values = fillBuckets(starts, buckets, fill, format).map((value) => value?.value ?? null);
    const points = judge.judge(values);
    return {
      key: toKey(read, key),
      ...(format.unit === undefined ? {} : { unit: format.unit }),
      points: points.map((point) => converted(point, format.conversion)),
    };
  });
}

function tooManyBuckets(most: number): Error {
  return invalidArgument(
    "query",
    `has more than ${most} buckets, those of baselines included`,
    "Take a smaller window, widen the bucket or group by less.",
  );
}

function converted(point: AnomalyPoint, conversion: UnitConversion): AnomalyPoint {
  const convert = (value: number | null): number | null => (value === null ? null : convertUnit(value, conversion));
  const { value, expected, lower, upper } = point;
  return { ...point, value: convert(value), expected: convert(expected), lower: convert(lower), upper: convert(upper) };
}
