import { MAX_METRIC_POINTS, type MetricAggregate } from "@agent-assembly/storage-core";
import {
  type ParsedMetricDimension,
  type ParsedMetricQuery,
  percentileOf,
  type SampleRow,
} from "@agent-assembly/storage-core/backend";
import { Bindings } from "../audit/filter-sql.js";
import type { Statement } from "../driver/statement.js";
import { plainArray, textArray } from "../sql/array-literal.js";
import { toStoredJson, toStoredText } from "../sql/stored-json.js";
import { toTimestamp } from "../sql/timestamps.js";
import { bucketOf, milliseconds, splitHour, splitsAllHours } from "./bucket-sql.js";
import { LARGE_SCALE, lastOf, SAMPLE_SUMS } from "./totals-sql.js";
import type { ZoneUnits } from "./zone-units.js";

const HOUR_MS = 3_600_000;
const LIMIT = `LIMIT ${MAX_METRIC_POINTS + 1}`;

/** Quoted, with their schema. */
export interface MetricTables {
  readonly samples: string;
  readonly totals: string;
}

/** Inserts all samples in one statement. @param table quoted, with its schema */
export function insertSamples(table: string, samples: readonly SampleRow[]): Statement {
  return {
    text: `INSERT INTO ${table} (ts, value, metric, agent_id, team_id, labels)
      SELECT * FROM unnest($1::timestamptz[], $2::float8[], $3::text[], $4::text[], $5::text[], $6::jsonb[])`,
    values: [
      plainArray(samples.map(({ ts }) => toTimestamp(ts))),
      plainArray(samples.map(({ value }) => value)),
      textArray(samples.map(({ metric }) => metric)),
      textArray(samples.map(({ agentId }) => agentId)),
      textArray(samples.map(({ teamId }) => teamId)),
      textArray(samples.map(({ labels }) => toStoredJson(JSON.stringify(labels)))),
    ],
  };
}

/** A point of {@link selectPoints}; members that the aggregate does not need are `null`. */
export type PointRow = readonly [
  /** Milliseconds since the epoch; `null` means that there are totals for hours that the query splits. */
  start: string | null,
  count: string,
  sum: number | null,
  /** Sum of the large values, to be multiplied: see {@link sumOf}. */
  largeSum: number | null,
  /** Minimum, maximum, last value or percentile. */
  value: number | null,
  ...key: (string | null)[],
];

/** Inclusive and exclusive, milliseconds since the epoch. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/**
 * One row for each bucket of each series that has samples or totals; at most one more than an answer may have. One
 * statement, so that what is dropped meanwhile is in the samples or in the totals, and not in both or neither.
 * @param units of the query's time zone, covering the range; none where the buckets are those of UTC
 */
export function selectPoints(
  { samples, totals }: MetricTables,
  query: ParsedMetricQuery,
  range: TimeRange,
  units: ZoneUnits | undefined,
): Statement {
  const bindings = new Bindings();
  const keys = query.groupBy.map((dimension) => keyColumn(dimension, bindings));
  const part = (table: string, time: string, columns: readonly string[], conditions: string): string => {
    const bucket = bucketOf(query, units, time, bindings);
    const groups = [bucket.group, ...keys.map((_, i) => i + 6)].join(", ");
    const select = [bucket.start, ...columns, ...keys].map((column, i) => `${column} AS ${columnName(i)}`).join(", ");
    return `(SELECT ${select} FROM ${table} AS m WHERE ${conditions} GROUP BY ${groups} ${LIMIT})`;
  };
  const ofTotals = whereTotals(query, range, bindings);
  const refusal = (condition: string): string =>
    `(SELECT ${["NULL", "0", "NULL", "NULL", "NULL", ...keys.map(() => "NULL")].join(", ")}
      FROM ${totals} AS m WHERE ${ofTotals} AND (${condition}) LIMIT 1)`;
  // Sorted by unit, because adding the points up recomputes a unit of the time zone whenever it changes.
  const order = units === undefined ? "" : "ORDER BY 1";

  const ofSamples = part(samples, "m.ts", sampleColumns(query.aggregate), where(query, range, bindings));
  if (percentileOf(query.aggregate) !== undefined || splitsAllHours(query)) {
    const points = finished(query.aggregate, ofSamples, keys.length);
    return { text: `${points} UNION ALL ${refusal("TRUE")} ${order}`, values: bindings.values };
  }
  const both = `${ofSamples} UNION ALL ${part(totals, "m.bucket", totalColumns(query.aggregate), ofTotals)}`;
  const split = splitHours(query, range, units, bindings);
  const points = merged(query.aggregate, both, keys.length);
  return {
    text: `${split === "" ? points : `${points} UNION ALL ${refusal(split)}`} ${order}`,
    values: bindings.values,
  };
}

export function sumOf([, , sum, largeSum]: PointRow): number {
  return (sum ?? 0) + (largeSum ?? 0) * LARGE_SCALE;
}

/** Where a range's first sample or total lies: one row of one column, which is `null` when there is none. */
export function selectEarliest(
  { samples, totals }: MetricTables,
  query: ParsedMetricQuery,
  range: TimeRange,
): Statement {
  const bindings = new Bindings();
  const text = `SELECT least(
      (SELECT ${milliseconds("m.ts")} FROM ${samples} AS m WHERE ${where(query, range, bindings)} ORDER BY m.ts LIMIT 1),
      (SELECT greatest(${milliseconds("m.bucket")}, ${bindings.bind(range.from, "bigint")}) FROM ${totals} AS m
       WHERE ${whereTotals(query, range, bindings)} ORDER BY m.bucket LIMIT 1))`;
  return { text, values: bindings.values };
}

/** The totals of hours that lie in a range or overlap it. */
function whereTotals(query: ParsedMetricQuery, { from, to }: TimeRange, bindings: Bindings): string {
  return where(query, { from: Math.floor(from / HOUR_MS) * HOUR_MS, to }, bindings, "m.bucket");
}

function where(query: ParsedMetricQuery, { from, to }: TimeRange, bindings: Bindings, time = "m.ts"): string {
  const parts = [
    `m.metric = ${bindings.bind(query.metric, "text")}`,
    `${time} >= ${bindings.bind(toTimestamp(from), "timestamptz")}`,
    `${time} < ${bindings.bind(toTimestamp(to), "timestamptz")}`,
  ];
  if (query.agentIds !== undefined)
    parts.push(`m.agent_id = ANY (${bindings.bind(textArray(query.agentIds), "text[]")})`);
  if (query.teamIds !== undefined) parts.push(`m.team_id = ANY (${bindings.bind(textArray(query.teamIds), "text[]")})`);
  if (Object.keys(query.labels).length > 0) {
    parts.push(`m.labels @> ${bindings.bind(toStoredJson(JSON.stringify(query.labels)), "jsonb")}`);
  }
  return parts.join(" AND ");
}

/** Which of the hours that overlap a range are not wholly in one bucket of it; empty where all are. */
function splitHours(
  query: ParsedMetricQuery,
  { from, to }: TimeRange,
  units: ZoneUnits | undefined,
  bindings: Bindings,
): string {
  const conditions: (string | undefined)[] = [splitHour(query, units, "m.bucket", bindings)];
  if (from % HOUR_MS !== 0) conditions.push(`m.bucket < ${bindings.bind(toTimestamp(from), "timestamptz")}`);
  if (to % HOUR_MS !== 0) {
    conditions.push(`m.bucket + interval '1 hour' > ${bindings.bind(toTimestamp(to), "timestamptz")}`);
  }
  return conditions.filter((condition) => condition !== undefined).join(" OR ");
}

function keyColumn(dimension: ParsedMetricDimension, bindings: Bindings): string {
  switch (dimension.kind) {
    case "agentId":
      return "m.agent_id";
    case "teamId":
      return "m.team_id";
    case "label":
      return `m.labels ->> ${bindings.bind(toStoredText(dimension.label), "text")}`;
  }
}

/** Names of a part's columns: those of a {@link PointRow}. */
function columnName(i: number): string {
  return ["start", "samples", "sum", "large_sum", "value"][i] ?? `key_${i}`;
}

/** Count, sums and single value; of the last value its time as well, which merging needs. */
function sampleColumns(aggregate: MetricAggregate): string[] {
  const fraction = percentileOf(aggregate);
  const value =
    fraction === undefined
      ? singleValue(aggregate, { min: "m.value", max: "m.value", last: ["m.ts", "m.value"] })
      : `percentile_cont(${fraction}) WITHIN GROUP (ORDER BY m.value)`;
  return ["count(*)", ...(needsSums(aggregate) ? SAMPLE_SUMS : NO_SUMS), value];
}

function totalColumns(aggregate: MetricAggregate): string[] {
  const value = singleValue(aggregate, { min: "m.min", max: "m.max", last: ["m.last_ts", "m.last_value"] });
  return ["sum(m.samples)", ...(needsSums(aggregate) ? ["sum(m.sum)", "sum(m.large_sum)"] : NO_SUMS), value];
}

const NO_SUMS = ["NULL::float8", "NULL::float8"];

function needsSums(aggregate: MetricAggregate): boolean {
  return aggregate === "sum" || aggregate === "avg" || aggregate === "rate";
}

function singleValue(
  aggregate: MetricAggregate,
  of: { readonly min: string; readonly max: string; readonly last: readonly [time: string, value: string] },
): string {
  if (aggregate === "last") return lastOf(...of.last);
  return aggregate === "min" || aggregate === "max" ? `${aggregate}(${of[aggregate]})` : "NULL::float8";
}

/** The points of samples alone. */
function finished(aggregate: MetricAggregate, part: string, keys: number): string {
  if (aggregate !== "last") return part;
  return `SELECT start, samples, sum, large_sum, value[2]${keyNames(keys)} FROM ${part} AS p`;
}

/** The points of samples and totals, which may be of the same bucket. */
function merged(aggregate: MetricAggregate, parts: string, keys: number): string {
  const value = aggregate === "last" ? "(max(value))[2]" : `${aggregate === "min" ? "min" : "max"}(value)`;
  return `(SELECT start, sum(samples), sum(sum), sum(large_sum), ${value}${keyNames(keys)} FROM (${parts}) AS p
    GROUP BY start${keyNames(keys)} ${LIMIT})`;
}

function keyNames(keys: number): string {
  return Array.from({ length: keys }, (_, i) => `, ${columnName(i + 5)}`).join("");
}
