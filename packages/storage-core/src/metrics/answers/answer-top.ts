import { compareKeys } from "../../support/text.js";
import type { MetricTop, MetricTopRequest, MetricTopRow } from "../catalog.js";
import { exactToNumber } from "../decimal.js";
import type { MetricDefinition } from "../definition.js";
import { parseTop } from "../driver/parse-query.js";
import type { BucketValue, MetricGroup } from "../driver/series-builder.js";
import type { MetricAggregate, MetricPoint } from "../query.js";
import { convertUnit } from "../units.js";
import { pointFormat, toKey, toPoint, toPoints } from "./points.js";
import type { MetricReader } from "./reader.js";

/** Values of these add up over groups, and an empty bucket has zero of them. */
const ADDITIVE: ReadonlySet<MetricAggregate> = new Set(["sum", "count", "rate"]);

/** @param definition of the request's metric @throws `invalid_argument`, `unsupported` */
export async function answerTop(
  reader: MetricReader,
  request: MetricTopRequest,
  definition: MetricDefinition | undefined,
): Promise<MetricTop> {
  const { read, limit, bucket } = parseTop(request, definition);
  const format = pointFormat("request.unit", request.unit, definition, read);
  const additive = ADDITIVE.has(read.aggregate);
  const groups = (await reader.groups(read, { groupBy: "request.by", labels: "request.labels" })).map((group) => ({
    group,
    value: onlyValue(group),
  }));
  groups.sort((a, b) => compareValues(b.value, a.value) || compareKeys(a.group.key, b.group.key));
  const best = groups.slice(0, limit);
  const total = additive ? totalOf(groups, read.decimals) : null;
  const points = bucket && (await pointsOf());
  return {
    rows: best.map(({ group: { key }, value }): MetricTopRow => {
      const { value: number, exact } = toPoint(read.from, value, format);
      return {
        key: toKey(read, key),
        value: number as number,
        ...(exact === undefined ? {} : { exact }),
        share: total === null || total === 0 ? null : value.value / total,
        ...(points === undefined ? {} : { points: points.get(JSON.stringify(key)) ?? [] }),
      };
    }),
    groups: groups.length,
    total: total === null ? null : convertUnit(total, format.conversion),
    ...(format.unit === undefined ? {} : { unit: format.unit }),
  };

  async function pointsOf(): Promise<Map<string, MetricPoint[]>> {
    const query = { ...read, bucket, keys: best.map(({ group }) => group.key) };
    const fill = additive ? "zero" : "null";
    const series = best.length === 0 ? [] : await reader.groups(query);
    return new Map(series.map(({ key, buckets }) => [JSON.stringify(key), toPoints(query, fill, buckets, format)]));
  }
}

function onlyValue({ buckets }: MetricGroup): BucketValue {
  const [value] = buckets.values();
  return value as BucketValue;
}

function compareValues(a: BucketValue, b: BucketValue): number {
  if (a.exact === undefined || b.exact === undefined) return a.value - b.value;
  return a.exact < b.exact ? -1 : a.exact > b.exact ? 1 : 0;
}

function totalOf(groups: readonly { readonly value: BucketValue }[], decimals: number | undefined): number {
  if (decimals !== undefined && groups.every(({ value }) => value.exact !== undefined)) {
    return exactToNumber(
      groups.reduce((sum, { value }) => sum + (value.exact as bigint), 0n),
      decimals,
    );
  }
  return groups.reduce((sum, { value }) => sum + value.value, 0);
}
