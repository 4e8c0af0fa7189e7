import { invalidArgument } from "../../errors.js";
import { bucketStarts } from "../../time/bucket.js";
import { exactToNumber, exactToText } from "../decimal.js";
import type { MetricDefinition } from "../definition.js";
import type { ParsedMetricQuery } from "../driver/parse-query.js";
import type { BucketValue } from "../driver/series-builder.js";
import type { MetricAggregate, MetricFill, MetricPoint } from "../query.js";
import { convertUnit, SAME_UNIT, type UnitConversion, unitConversion } from "../units.js";

/** How values become points. */
export interface PointFormat {
  /** Declared decimals, where the values are amounts. */
  readonly decimals: number | undefined;
  /** From the metric's own unit to the one that is asked for. */
  readonly conversion: UnitConversion;
  /** Of the values; `undefined` where none is declared. */
  readonly unit: string | undefined;
}

/** Aggregates whose value is an amount in the metric's unit that its samples have exactly. */
const AMOUNTS: ReadonlySet<MetricAggregate> = new Set(["sum", "min", "max", "last"]);

/**
 * @param option names the requested unit in errors
 * @throws `invalid_argument` when values cannot be converted to the unit
 */
export function pointFormat(
  option: string,
  requested: string | undefined,
  definition: MetricDefinition | undefined,
  { aggregate, decimals }: ParsedMetricQuery,
): PointFormat {
  if (requested !== undefined && aggregate === "count") {
    throw invalidArgument(option, "cannot be given for the aggregate count, which has no unit");
  }
  const unit = aggregate === "count" ? undefined : (requested ?? definition?.unit);
  return {
    decimals: AMOUNTS.has(aggregate) ? decimals : undefined,
    conversion: requested === undefined ? SAME_UNIT : unitConversion(definition?.unit, requested, option),
    unit: unit === undefined || aggregate !== "rate" ? unit : `${unit}/s`,
  };
}

/** One value for each start, empty buckets as `fill` has them. */
export function fillBuckets(
  starts: readonly number[],
  buckets: ReadonlyMap<number, BucketValue>,
  fill: MetricFill,
  { decimals }: PointFormat,
): (BucketValue | null)[] {
  const zero: BucketValue = { value: 0, sum: 0, samples: 0, ...(decimals === undefined ? {} : { exact: 0n }) };
  let previous: BucketValue | null = null;
  return starts.map((start) => {
    const value = buckets.get(start);
    if (value !== undefined) {
      // Filled buckets have no samples: they must not weigh in averages of samples.
      if (fill === "previous") previous = { ...value, sum: 0, samples: 0 };
      return value;
    }
    return fill === "zero" ? zero : fill === "previous" ? previous : null;
  });
}

/** @param start of the bucket, milliseconds since the epoch */
export function toPoint(start: number, value: BucketValue | null, format: PointFormat): MetricPoint {
  const { decimals, conversion } = format;
  const ts = new Date(start);
  if (value === null) return { ts, value: null };
  if (value.exact === undefined || decimals === undefined) return { ts, value: convertUnit(value.value, conversion) };
  const exact = exactToText(value.exact, decimals);
  return { ts, value: convertUnit(exactToNumber(value.exact, decimals), conversion), exact };
}

/** The points of one group: those of the buckets that have samples, and of the others as `fill` has it. */
export function toPoints(
  { bucket, from, to }: Pick<ParsedMetricQuery, "bucket" | "from" | "to">,
  fill: MetricFill,
  buckets: ReadonlyMap<number, BucketValue>,
  format: PointFormat,
): MetricPoint[] {
  if (bucket === undefined || fill === "none") {
    return [...buckets].sort(([a], [b]) => a - b).map(([start, value]) => toPoint(start, value, format));
  }
  const starts = bucketStarts(bucket, from, to);
  return fillBuckets(starts, buckets, fill, format).map((value, i) => toPoint(starts[i] as number, value, format));
}

/** The key of a series: one member for each dimension of the query. */
export function toKey(
  { groupBy }: Pick<ParsedMetricQuery, "groupBy">,
  key: readonly (string | null)[],
): Record<string, string | null> {
  return Object.fromEntries(groupBy.map(({ name }, i) => [name, key[i] as string | null]));
}
