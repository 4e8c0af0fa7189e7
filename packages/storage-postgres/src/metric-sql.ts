import {
  type Bucketing,
  MAX_METRIC_POINTS,
  type MetricAggregate,
  MIN_TIME_MS,
  type NormalizedMetricDimension,
  type NormalizedMetricQuery,
  type NormalizedSample,
  percentileOf,
} from "@agent-assembly/storage-core";
import { plainArray, textArray } from "./array-literal.js";
import { Bindings } from "./audit-sql.js";
import type { Statement } from "./sql-text.js";
import { toStoredJson, toStoredText } from "./stored-json.js";
import { toTimestamp } from "./timestamps.js";
import type { ZoneUnits } from "./zone-units.js";

const DAY_MS = 86_400_000;
const MS = milliseconds("m.ts");
/** The beginning of time is a midnight, and a Monday: no sample lies before it. */
const ORIGIN = `'${toTimestamp(MIN_TIME_MS)}'::timestamptz`;
/** The server refuses sums beyond the largest double, where JavaScript says Infinity: large values are added up apart. */
const LARGE = "1e290";
const LARGE_SCALE = 2 ** 64;

/** All of them in one statement. @param table quoted, with its schema */
export function insertSamples(table: string, samples: readonly NormalizedSample[]): Statement {
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

/** A point of {@link selectPoints}; what the query's aggregate does not need is `null`. */
export type PointRow = readonly [
  /** Milliseconds since the epoch. */
  start: string,
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
 * One row for each bucket of each series that has samples; at most one more than an answer may have.
 * @param units of the query's time zone, covering the range; none where the buckets are those of UTC
 */
export function selectPoints(
  table: string,
  query: NormalizedMetricQuery,
  range: TimeRange,
  units: ZoneUnits | undefined,
): Statement {
  const bindings = new Bindings();
  const bucket = bucketOf(query, units, bindings);
  const key = query.groupBy.map((dimension) => keyColumn(dimension, bindings));
  const groups = [bucket.group, ...key.map((_, i) => i + 6)].join(", ");
  const select = [bucket.start, "count(*)", ...sums(query.aggregate), single(query.aggregate), ...key].join(", ");
  // Whoever adds the points up works each unit of a time zone out anew whenever it changes.
  const order = units === undefined ? "" : "ORDER BY 1";
  return {
    text: `SELECT ${select} FROM ${table} AS m WHERE ${where(query, range, bindings)}
      GROUP BY ${groups} ${order} LIMIT ${MAX_METRIC_POINTS + 1}`,
    values: bindings.values,
  };
}

export function sumOf([, , sum, largeSum]: PointRow): number {
  return (sum ?? 0) + (largeSum ?? 0) * LARGE_SCALE;
}

/** When the query's first sample of a range was taken: one row of one column, or none. */
export function selectEarliest(table: string, query: NormalizedMetricQuery, range: TimeRange): Statement {
  const bindings = new Bindings();
  const text = `SELECT ${MS} FROM ${table} AS m WHERE ${where(query, range, bindings)} ORDER BY m.ts LIMIT 1`;
  return { text, values: bindings.values };
}

function where(query: NormalizedMetricQuery, { from, to }: TimeRange, bindings: Bindings): string {
  const parts = [
    `m.metric = ${bindings.bind(query.metric, "text")}`,
    `m.ts >= ${bindings.bind(toTimestamp(from), "timestamptz")}`,
    `m.ts < ${bindings.bind(toTimestamp(to), "timestamptz")}`,
  ];
  if (query.agentIds !== undefined)
    parts.push(`m.agent_id = ANY (${bindings.bind(textArray(query.agentIds), "text[]")})`);
  if (query.teamIds !== undefined) parts.push(`m.team_id = ANY (${bindings.bind(textArray(query.teamIds), "text[]")})`);
  if (Object.keys(query.labels).length > 0) {
    parts.push(`m.labels @> ${bindings.bind(toStoredJson(JSON.stringify(query.labels)), "jsonb")}`);
  }
  return parts.join(" AND ");
}

interface BucketSql {
  /** What is the same for all samples of a bucket. */
  readonly group: string | number;
  /** Of the bucket, in milliseconds since the epoch. */
  readonly start: string;
}

function bucketOf(query: NormalizedMetricQuery, units: ZoneUnits | undefined, bindings: Bindings): BucketSql {
  const { bucket } = query;
  if (bucket === undefined) return { group: 1, start: bindings.bind(query.from, "bigint") };
  if (units !== undefined) {
    // Not as times: the first day of a zone may start in the year 0, which the server calls by another name.
    const starts = bindings.bind(plainArray(units.starts), "bigint[]");
    const start = `(${starts})[width_bucket(${MS}, ${starts})]`;
    if (bucket.unit.kind !== "fixed") return { group: 1, start };
    return { group: 1, start: `${start} + (${MS} - ${start}) / ${bucket.unit.ms} * ${bucket.unit.ms}` };
  }
  const group = utcBucket(bucket.unit);
  return { group, start: milliseconds(group) };
}

function utcBucket(unit: Bucketing["unit"]): string {
  if (unit.kind === "month") return "date_trunc('month', m.ts, 'UTC')";
  const width = unit.kind === "fixed" ? unit.ms : unit.kind === "week" ? 7 * DAY_MS : DAY_MS;
  return `date_bin('${width} milliseconds', m.ts, ${ORIGIN})`;
}

/** Exact: seconds since the epoch as a double are right to some 30 microseconds. */
function milliseconds(time: string): string {
  return `(date_part('epoch', ${time}) * 1000)::bigint`;
}

function keyColumn(dimension: NormalizedMetricDimension, bindings: Bindings): string {
  switch (dimension.kind) {
    case "agentId":
      return "m.agent_id";
    case "teamId":
      return "m.team_id";
    case "label":
      return `m.labels ->> ${bindings.bind(toStoredText(dimension.label), "text")}`;
  }
}

function sums(aggregate: MetricAggregate): string[] {
  if (aggregate !== "sum" && aggregate !== "avg" && aggregate !== "rate") return ["NULL", "NULL"];
  return [
    `sum(m.value) FILTER (WHERE abs(m.value) < '${LARGE}'::float8)`,
    `sum(m.value / '${LARGE_SCALE}'::float8) FILTER (WHERE abs(m.value) >= '${LARGE}'::float8)`,
  ];
}

function single(aggregate: MetricAggregate): string {
  switch (aggregate) {
    case "min":
    case "max":
      return `${aggregate}(m.value)`;
    case "last":
      // Arrays are compared element by element: the greatest time, and of several the greatest value.
      return "(max(ARRAY[date_part('epoch', m.ts), m.value]))[2]";
    default: {
      const fraction = percentileOf(aggregate);
      return fraction === undefined ? "NULL" : `percentile_cont(${fraction}) WITHIN GROUP (ORDER BY m.value)`;
    }
  }
}
