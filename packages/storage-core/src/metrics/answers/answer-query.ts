import { bucketsBefore } from "../../time/buckets-before.js";
import type { MetricDefinition } from "../definition.js";
import {
  type BucketedQuery,
  checkPointCount,
  type ParsedSeriesQuery,
  parseMetricQuery,
} from "../driver/parse-query.js";
import type { BucketValue } from "../driver/series-builder.js";
import type { MetricPoint, MetricQuery, MetricSeries } from "../query.js";
import { convertUnit, SAME_UNIT } from "../units.js";
import type { WindowFunction } from "../window.js";
import { computeWindow } from "../windows/compute.js";
import { lookbackOf } from "../windows/parse-window.js";
import { fillBuckets, type PointFormat, pointFormat, toKey, toPoint, toPoints } from "./points.js";
import type { MetricReader } from "./reader.js";

/** Windows whose results are not in the unit of the values. */
const WITHOUT_UNIT: ReadonlySet<WindowFunction> = new Set(["percentChange", "rank", "shareOfTotal"]);

/** @param definition of the query's metric @throws `invalid_argument`, `unsupported` */
export async function answerQuery(
  reader: MetricReader,
  query: MetricQuery,
  definition: MetricDefinition | undefined,
): Promise<MetricSeries[]> {
  const parsed = parseMetricQuery(query, definition);
  const { read, fill, windows } = parsed;
  const format = pointFormat("query.unit", query.unit, definition, read);
  const series = (key: readonly (string | null)[], points: MetricPoint[]): MetricSeries => ({
    key: toKey(read, key),
    ...(format.unit === undefined ? {} : { unit: format.unit }),
    points,
  });
  if (windows.length > 0) return windowed(reader, parsed, format, series);
  const groups = await reader.groups(read);
  if (read.bucket !== undefined && fill !== "none") {
    checkPointCount("query", read.bucket, read.from, read.to, groups.length);
  }
  return groups.map(({ key, buckets }) => series(key, toPoints(read, fill, buckets, format)));
}

async function windowed(
  reader: MetricReader,
  { read, fill, windows }: ParsedSeriesQuery,
  format: PointFormat,
  series: (key: readonly (string | null)[], points: MetricPoint[]) => MetricSeries,
): Promise<MetricSeries[]> {
  const query = read as BucketedQuery;
  const since = bucketsBefore(query.bucket, query.bucket.startOf(query.from), lookbackOf(windows));
  const { groups, starts, rangeStart } = await reader.grid(query, since, "range");
  // Windows compute every bucket of every series, shown or not.
  checkPointCount("query", query.bucket, query.from, query.to, groups.length);
  const before = starts.slice(0, rangeStart);
  const shown = starts.slice(rangeStart);
  const shownValues = groups.map(({ buckets }) => fillBuckets(shown, buckets, fill, format));
  // How far back was read depends on the windows: what `previous` would take from there must not change the results of others.
  const fillBefore = fill === "previous" ? "null" : fill;
  const filled = groups.map(({ key, buckets }, s) => ({
    key,
    values: [...fillBuckets(before, buckets, fillBefore, format), ...(shownValues[s] as (BucketValue | null)[])],
  }));
  const results = windows.map((window) => ({
    conversion: WITHOUT_UNIT.has(window.function) ? SAME_UNIT : format.conversion,
    values: computeWindow(window, filled, {
      rangeStart,
      decimals: format.decimals,
      weighted: query.aggregate === "avg",
    }),
  }));
  return groups.map(({ key }, s) => {
    const points: MetricPoint[] = [];
    for (const [i, value] of (shownValues[s] as (BucketValue | null)[]).entries()) {
      if (fill === "none" && value === null) continue;
      const ofWindows = results.map(({ conversion, values }) => {
        const result = values[s]?.[rangeStart + i] ?? null;
        return result === null ? null : convertUnit(result, conversion);
      });
      const { ts, value: number, exact } = toPoint(shown[i] as number, value, format);
      points.push({ ts, value: number, ...(exact === undefined ? {} : { exact }), windows: ofWindows });
    }
    return series(key, points);
  });
}
