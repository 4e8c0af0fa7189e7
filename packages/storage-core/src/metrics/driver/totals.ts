import { amountToExact } from "../decimal.js";
import type { SampleRow } from "../parse.js";
import type { MetricAggregate } from "../query.js";
import type { ParsedMetricQuery } from "./parse-query.js";

/** What any number of samples add up to, without the samples; two of them merge without loss. */
export interface SampleTotals {
  count: number;
  sum: number;
  /** The sum as a whole number of the last declared decimal; 0 for a metric without decimals. */
  exact: bigint;
  min: number;
  max: number;
  lastTs: number;
  lastValue: number;
}

/** The totals of no samples, to start from. */
export function emptyTotals(): SampleTotals {
  return {
    count: 0,
    sum: 0,
    exact: 0n,
    min: Number.POSITIVE_INFINITY,
    max: Number.NEGATIVE_INFINITY,
    lastTs: Number.NEGATIVE_INFINITY,
    lastValue: Number.NaN,
  };
}

export function mergeTotals(into: SampleTotals, from: Readonly<SampleTotals>): void {
  into.count += from.count;
  into.sum += from.sum;
  into.exact += from.exact;
  if (from.min < into.min) into.min = from.min;
  if (from.max > into.max) into.max = from.max;
  addLast(into, from.lastTs, from.lastValue);
}

/** @param decimals as declared for the metric, whose samples have no more than that */
export function addSample(into: SampleTotals, ts: number, value: number, decimals: number | undefined): void {
  into.count += 1;
  into.sum += value;
  if (decimals !== undefined) into.exact += amountToExact(value, decimals);
  if (value < into.min) into.min = value;
  if (value > into.max) into.max = value;
  addLast(into, ts, value);
}

function addLast(into: SampleTotals, ts: number, value: number): void {
  if (ts > into.lastTs || (ts === into.lastTs && value > into.lastValue)) {
    into.lastTs = ts;
    into.lastValue = value;
  }
}

const PERCENTILES: Partial<Record<MetricAggregate, number>> = { p50: 0.5, p95: 0.95, p99: 0.99 };

/** The fraction of a percentile aggregate; `undefined` for the others, which totals alone can answer. */
export function percentileOf(aggregate: MetricAggregate): number | undefined {
  return PERCENTILES[aggregate];
}

/** Linear interpolation between closest ranks, as SQL's `percentile_cont`. Sorts `values` in place. */
export function percentileCont(values: number[], fraction: number): number {
  values.sort((a, b) => a - b);
  const position = fraction * (values.length - 1);
  const low = values[Math.floor(position)] as number;
  const high = values[Math.ceil(position)] as number;
  return low + (position - Math.floor(position)) * (high - low);
}

/** The value of a non-percentile aggregate for the bucket that starts at `start`. */
export function aggregateTotals(query: ParsedMetricQuery, start: number, totals: SampleTotals): number {
  switch (query.aggregate) {
    case "sum":
      return totals.sum;
    case "count":
      return totals.count;
    case "avg":
      return totals.sum / totals.count;
    case "min":
      return totals.min;
    case "max":
      return totals.max;
    case "last":
      return totals.lastValue;
    case "rate": {
      const end = query.bucket === undefined ? query.to : Math.min(query.bucket.next(start), query.to);
      return totals.sum / ((end - Math.max(start, query.from)) / 1000);
    }
    default:
      throw new TypeError(`${query.aggregate} needs the samples themselves`);
  }
}

/** The value of an aggregate that is an amount, as a whole number of the last declared decimal; `undefined` for others. */
export function exactTotals(query: ParsedMetricQuery, totals: SampleTotals): bigint | undefined {
  const { aggregate, decimals } = query;
  if (decimals === undefined) return undefined;
  switch (aggregate) {
    case "sum":
      return totals.exact;
    case "min":
      return amountToExact(totals.min, decimals);
    case "max":
      return amountToExact(totals.max, decimals);
    case "last":
      return amountToExact(totals.lastValue, decimals);
    default:
      return undefined;
  }
}

/** The values of a sample in the dimensions that a query groups by. */
export function groupKey(
  query: ParsedMetricQuery,
  of: Pick<SampleRow, "agentId" | "teamId" | "labels">,
): (string | null)[] {
  return query.groupBy.map((dimension) =>
    dimension.kind === "label"
      ? Object.hasOwn(of.labels, dimension.label)
        ? (of.labels[dimension.label] as string)
        : null
      : of[dimension.kind],
  );
}

/** Whether a sample's own members meet the query's conditions; the time range is not looked at. */
export function matchesMetricQuery(
  query: ParsedMetricQuery,
  of: Pick<SampleRow, "metric" | "agentId" | "teamId" | "labels">,
): boolean {
  if (of.metric !== query.metric) return false;
  if (query.agentIds !== undefined && (of.agentId === null || !query.agentIds.includes(of.agentId))) return false;
  if (query.teamIds !== undefined && (of.teamId === null || !query.teamIds.includes(of.teamId))) return false;
  for (const name in query.labels) {
    if (!Object.hasOwn(of.labels, name) || of.labels[name] !== query.labels[name]) return false;
  }
  return true;
}
