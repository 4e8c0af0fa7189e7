import { compareKeys } from "../support/text.js";
import type { ParsedMetricQuery, SampleRow } from "./parse.js";
import { tooManyPoints } from "./parse.js";
import { MAX_METRIC_POINTS, type MetricAggregate, type MetricPoint, type MetricSeries } from "./store.js";

/** What any number of samples add up to, without the samples; two of them merge without loss. */
export interface SampleTotals {
  count: number;
  sum: number;
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
    min: Number.POSITIVE_INFINITY,
    max: Number.NEGATIVE_INFINITY,
    lastTs: Number.NEGATIVE_INFINITY,
    lastValue: Number.NaN,
  };
}

export function mergeTotals(into: SampleTotals, from: Readonly<SampleTotals>): void {
  into.count += from.count;
  into.sum += from.sum;
  if (from.min < into.min) into.min = from.min;
  if (from.max > into.max) into.max = from.max;
  if (from.lastTs > into.lastTs || (from.lastTs === into.lastTs && from.lastValue > into.lastValue)) {
    into.lastTs = from.lastTs;
    into.lastValue = from.lastValue;
  }
}

export function addSample(into: SampleTotals, ts: number, value: number): void {
  mergeTotals(into, { count: 1, sum: value, min: value, max: value, lastTs: ts, lastValue: value });
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

interface Cell {
  readonly totals: SampleTotals;
  readonly values: number[];
}

/** Adds samples and totals up into the series a metric query asks for. */
export class SeriesBuilder {
  readonly #series = new Map<string, { key: (string | null)[]; cells: Map<number, Cell> }>();
  readonly #fraction: number | undefined;
  #points = 0;

  constructor(readonly query: ParsedMetricQuery) {
    this.#fraction = percentileOf(query.aggregate);
  }

  /** For those who know how many points they are about to add, each of its own. @throws when an answer has no room for them */
  expectPoints(count: number): void {
    if (count > MAX_METRIC_POINTS) throw tooManyPoints();
  }

  /** Adds one sample that the query's conditions have let through. */
  addSample(sample: Pick<SampleRow, "ts" | "value" | "agentId" | "teamId" | "labels">): void {
    const cell = this.#cell(sample.ts, groupKey(this.query, sample));
    addSample(cell.totals, sample.ts, sample.value);
    if (this.#fraction !== undefined) cell.values.push(sample.value);
  }

  /** Adds totals of samples that all lie in the bucket of `ts`; not for percentiles. */
  addTotals(ts: number, of: Pick<SampleRow, "agentId" | "teamId" | "labels">, totals: SampleTotals): void {
    mergeTotals(this.#cell(ts, groupKey(this.query, of)).totals, totals);
  }

  build(): MetricSeries[] {
    return [...this.#series.values()]
      .sort((a, b) => compareKeys(a.key, b.key))
      .map(({ key, cells }) => ({
        key: Object.fromEntries(this.query.groupBy.map(({ name }, i) => [name, key[i] as string | null])),
        points: fillPoints(this.query, this.#values(cells)),
      }));
  }

  #cell(ts: number, key: (string | null)[]): Cell {
    const id = key.length === 0 ? "" : JSON.stringify(key);
    let series = this.#series.get(id);
    if (series === undefined) {
      series = { key, cells: new Map() };
      this.#series.set(id, series);
    }
    const start = this.query.bucket?.startOf(ts) ?? this.query.from;
    let cell = series.cells.get(start);
    if (cell === undefined) {
      if (++this.#points > MAX_METRIC_POINTS) throw tooManyPoints();
      cell = { totals: emptyTotals(), values: [] };
      series.cells.set(start, cell);
    }
    return cell;
  }

  #values(cells: Map<number, Cell>): Map<number, number> {
    return new Map(
      [...cells].map(([start, { totals, values }]) => [
        start,
        this.#fraction === undefined
          ? aggregateTotals(this.query, start, totals)
          : percentileCont(values, this.#fraction),
      ]),
    );
  }
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

/** Points oldest first, with the buckets in between that `fill` asks for. @param values by bucket start */
export function fillPoints(query: ParsedMetricQuery, values: ReadonlyMap<number, number>): MetricPoint[] {
  const { bucket, fill } = query;
  if (bucket === undefined || fill === "none") {
    return [...values].sort(([a], [b]) => a - b).map(([start, value]) => ({ ts: new Date(start), value }));
  }
  const points: MetricPoint[] = [];
  let previous: number | null = null;
  for (let start = bucket.startOf(query.from); start < query.to; start = bucket.next(start)) {
    const value = values.get(start);
    previous = value ?? previous;
    const filler = fill === "zero" ? 0 : fill === "previous" ? previous : null;
    points.push({ ts: new Date(start), value: value ?? filler });
  }
  return points;
}

function groupKey(query: ParsedMetricQuery, of: Pick<SampleRow, "agentId" | "teamId" | "labels">): (string | null)[] {
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
