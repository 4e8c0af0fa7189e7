import { MAX_METRIC_POINTS, type MetricAggregate } from "@agent-assembly/storage-core";
import { type ParsedMetricQuery, percentileOf } from "@agent-assembly/storage-core/backend";
import type { Statement } from "../driver/statement.js";
import { plainArray } from "../sql/array-literal.js";
import { Bindings } from "../sql/bindings.js";
import { toTimestamp } from "../sql/timestamps.js";
import { bucketOf, milliseconds, splitHour } from "./bucket-sql.js";
import { splitTime, type TimeRange, type TimeSplit, type TotalsSegment } from "./segments.js";
import { allSamples, dimensionOf, ofSeries, picksSeries } from "./series-sql.js";
import type { MetricTables } from "./tables.js";
import { EXACT_SUM, hourOf, LARGE_SCALE, lastOf, SAMPLE_SUMS } from "./totals-sql.js";
import type { ZoneUnits } from "./zone-units.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LIMIT = `LIMIT ${MAX_METRIC_POINTS + 1}`;
const COLUMNS = ["start", "samples", "sum", "large_sum", "exact", "value"];

/** A point of {@link selectPoints}; members that the aggregate does not need are `null`. */
export type PointRow = readonly [
  /** Milliseconds since the epoch; `null` means that samples of hours were dropped that the query must read. */
  start: string | null,
  count: string,
  sum: number | null,
  /** Sum of the large values, to be multiplied: see {@link sumOf}. */
  largeSum: number | null,
  /** The sum as a whole number of the last declared decimal. */
  exact: string | null,
  /** Minimum, maximum, last value or percentile. */
  value: number | null,
  ...key: (string | null)[],
];

/**
 * One row for each bucket of each group that has samples; at most one more than an answer may have. One statement, so that
 * what is recorded, moved or dropped meanwhile counts once.
 * @param units of the query's time zone, covering the range; none where the buckets are those of UTC
 */
export function selectPoints(
  tables: MetricTables,
  query: ParsedMetricQuery,
  range: TimeRange,
  units: ZoneUnits | undefined,
): Statement {
  const points = new PointsSql(tables, query, splitTime(query, range, units), units);
  const { parts, refusal } = { parts: points.parts(), refusal: points.refusal() };
  // Sorted by unit, because adding the points up recomputes a unit of the time zone whenever it changes.
  const order = units === undefined ? "" : "ORDER BY 1";
  return { text: `${points.merged(parts)} UNION ALL ${refusal} ${order}`, values: points.bindings.values };
}

export function sumOf([, , sum, largeSum]: PointRow): number {
  return (sum ?? 0) + (largeSum ?? 0) * LARGE_SCALE;
}

/** Builds the parts of one statement. */
class PointsSql {
  readonly bindings = new Bindings();
  readonly #keys: number[];

  constructor(
    private readonly tables: MetricTables,
    private readonly query: ParsedMetricQuery,
    private readonly time: TimeSplit,
    private readonly units: ZoneUnits | undefined,
  ) {
    this.#keys = query.groupBy.map((_, i) => i);
  }

  parts(): string[] {
    const { samples, hours, segments, split } = this.time;
    const parts = samples.map((range) => this.#ofSamples(this.#within("m.ts", range)));
    if (hours === undefined) return parts;
    if (split === "many") {
      parts.push(this.#ofSamples(`${this.#within("m.ts", hours)} AND ${this.#isSplit(hourOf("m.ts"))}`));
    } else if (split.length > 0) parts.push(this.#ofListedHours(split));
    for (const segment of segments) parts.push(this.#ofTotals(segment));
    parts.push(this.#ofPending(hours));
    return parts;
  }

  /** The points of all parts together, of which several may have samples of one point. */
  merged(parts: readonly string[]): string {
    const { aggregate, decimals } = this.query;
    if (percentileOf(aggregate) !== undefined) return parts.join(" UNION ALL ");
    const value = aggregate === "last" ? "(max(value))[2]" : `${aggregate === "min" ? "min" : "max"}(value)`;
    const exact = this.#isExact ? `trunc(sum(exact) * ${10 ** (decimals as number)})::text` : "NULL::text";
    const keys = this.#keys.map((i) => `, key_${i}`).join("");
    return `(SELECT start, sum(samples), sum(sum), sum(large_sum), ${exact}, ${value}${keys}
      FROM (${parts.join(" UNION ALL ")}) AS p GROUP BY start${keys} ${LIMIT})`;
  }

  /** A row without a start where samples that the query must read were dropped. */
  refusal(): string {
    const { samples, hours, split } = this.time;
    const conditions = samples.map(({ from, to }) =>
      this.#within("d.hour", { from: Math.floor(from / HOUR_MS) * HOUR_MS, to }),
    );
    if (hours !== undefined && split.length > 0) {
      conditions.push(`${this.#within("d.hour", hours)} AND ${this.#isSplit("d.hour")}`);
    }
    const series = picksSeries(this.query)
      ? `IN (SELECT s.id FROM ${this.tables.series} AS s WHERE ${this.#ofSeries("s")})`
      : `= ${allSamples(this.tables, this.query, this.bindings)}`;
    const where = conditions.length === 0 ? "FALSE" : conditions.map((one) => `(${one})`).join(" OR ");
    return `(SELECT ${["NULL", "0", "NULL", "NULL", "NULL", "NULL", ...this.#keys.map(() => "NULL")].join(", ")}
      FROM ${this.tables.dropped} AS d WHERE d.series_id ${series} AND (${where}) LIMIT 1)`;
  }

  #ofListedHours(hours: readonly number[]): string {
    const within = "m.ts >= h.hour AND m.ts < h.hour + interval '1 hour'";
    // The server takes an hour for much longer than it is and would read all samples for each. With OFFSET it looks each hour
    // up by itself.
    const from = `unnest(${this.#times(hours)}) AS h (hour) CROSS JOIN LATERAL (
      SELECT * FROM ${this.tables.samples} AS m WHERE ${this.#ofSeries("m")} AND ${within} OFFSET 0) AS m`;
    return this.#samplesPart(from, "TRUE");
  }

  #ofSamples(within: string): string {
    return this.#samplesPart(`${this.tables.samples} AS m`, `${this.#ofSeries("m")} AND ${within}`);
  }

  #samplesPart(from: string, where: string): string {
    const { aggregate } = this.query;
    const fraction = percentileOf(aggregate);
    const value =
      fraction === undefined
        ? singleValue(aggregate, { min: "m.value", max: "m.value", last: ["m.ts", "m.value"] })
        : `percentile_cont(${fraction}) WITHIN GROUP (ORDER BY m.value)`;
    return this.#part(from, where, "m.ts", "m", ["count(*)", ...this.#sums([...SAMPLE_SUMS, EXACT_SUM]), value]);
  }

  #ofPending(hours: TimeRange): string {
    const where = [this.#ofSeries("m"), this.#within("m.bucket", hours), ...this.#unlessSplit("m")];
    return this.#part(`${this.tables.pending} AS m`, where.join(" AND "), "m.bucket", "m", this.#ofKept("m"));
  }

  #ofTotals({ level, except = [], only, ...range }: TotalsSegment): string {
    const { totals, series } = this.tables;
    const kept = [`t.level = '${level}'`, this.#within("t.bucket", range), ...this.#unlessSplit("t")];
    if (except.length > 0) kept.push(`t.bucket <> ALL (${this.#times(except)})`);
    if (only !== undefined) kept.push(`date_trunc('day', t.bucket, 'UTC') = ANY (${this.#times(only)})`);
    if (!picksSeries(this.query) && this.query.groupBy.length === 0) {
      const where = [`t.series_id = ${allSamples(this.tables, this.query, this.bindings)}`, ...kept];
      const { start } = bucketOf(this.query, this.units, "t.bucket", this.bindings);
      const columns = [start, ...this.#ofOneSeries()].map((column, i) => `${column} AS ${COLUMNS[i]}`);
      return `(SELECT ${columns.join(", ")} FROM ${totals} AS t WHERE ${where.join(" AND ")})`;
    }
    const where = ["s.labels IS NOT NULL", this.#ofSeries("s"), ...kept];
    const from = `${series} AS s JOIN ${totals} AS t ON t.series_id = s.id`;
    return this.#part(from, where.join(" AND "), "t.bucket", "s", this.#ofKept("t"));
  }

  /** @param of the alias of what has agent, team and labels */
  #part(from: string, where: string, time: string, of: string, columns: readonly string[]): string {
    const bucket = bucketOf(this.query, this.units, time, this.bindings);
    const keys = this.query.groupBy.map((dimension) => dimensionOf(dimension, of, this.bindings));
    const select = [bucket.start, ...columns, ...keys].map((column, i) => {
      return `${column} AS ${COLUMNS[i] ?? `key_${i - COLUMNS.length}`}`;
    });
    const groups = [bucket.group, ...keys.map((_, i) => i + COLUMNS.length + 1)].join(", ");
    return `(SELECT ${select.join(", ")} FROM ${from} WHERE ${where} GROUP BY ${groups} ${LIMIT})`;
  }

  /** Count, sums and single value of totals; of the last value its time as well, which merging needs. */
  #ofKept(alias: string): string[] {
    const of = (column: string): string => `${alias}.${column}`;
    const value = singleValue(this.query.aggregate, {
      min: of("min"),
      max: of("max"),
      last: [of("last_ts"), of("last_value")],
    });
    const sums = ["sum", "large_sum", "exact"].map((column) => `sum(${of(column)})`);
    return [`sum(${of("samples")})`, ...this.#sums(sums), value];
  }

  /** As {@link #ofKept}, where each total `t` is a row: merging is all the adding up that there is to do. */
  #ofOneSeries(): string[] {
    const { aggregate } = this.query;
    const last = aggregate === "last" ? `ARRAY[date_part('epoch', t.last_ts), t.last_value]` : "NULL::float8";
    const value = aggregate === "min" || aggregate === "max" ? `t.${aggregate}` : last;
    return ["t.samples", ...this.#sums(["t.sum", "t.large_sum", "t.exact"]), value];
  }

  /** The sums that the query needs; `NULL` for the others. @param of sum, large sum and exact sum */
  #sums([sum, largeSum, exact]: readonly string[]): string[] {
    const { aggregate } = this.query;
    if (aggregate !== "sum" && aggregate !== "avg" && aggregate !== "rate") {
      return ["NULL::float8", "NULL::float8", "NULL::numeric"];
    }
    return this.#isExact
      ? ["NULL::float8", "NULL::float8", exact as string]
      : [sum as string, largeSum as string, "NULL::numeric"];
  }

  get #isExact(): boolean {
    return this.query.decimals !== undefined;
  }

  #ofSeries(alias: string): string {
    return ofSeries(this.query, alias, this.bindings).join(" AND ");
  }

  #within(time: string, { from, to }: TimeRange): string {
    return `${time} >= ${this.#time(from)} AND ${time} < ${this.#time(to)}`;
  }

  #time(ms: number): string {
    return this.bindings.bind(toTimestamp(ms), "timestamptz");
  }

  #times(all: readonly number[]): string {
    return this.bindings.bind(plainArray(all.map(toTimestamp)), "timestamptz[]");
  }

  /** Whether an hour is among the split ones. */
  #isSplit(hour: string): string {
    const { split } = this.time;
    if (split !== "many") return `${hour} = ANY (${this.#times(split)})`;
    return splitHour(this.query, this.units, hour, this.bindings) ?? "FALSE";
  }

  #unlessSplit(alias: string): string[] {
    const { split } = this.time;
    if (split.length === 0) return [];
    if (split === "many") return [`NOT (${this.#isSplit(`${alias}.bucket`)})`];
    return [`${alias}.bucket <> ALL (${this.#times(split)})`];
  }
}

function singleValue(
  aggregate: MetricAggregate,
  of: { readonly min: string; readonly max: string; readonly last: readonly [time: string, value: string] },
): string {
  if (aggregate === "last") return lastOf(...of.last);
  return aggregate === "min" || aggregate === "max" ? `${aggregate}(${of[aggregate]})` : "NULL::float8";
}

/** A time before which a range has no sample, not much before the first one: one row of one column, `null` when it has none. */
export function selectEarliest(tables: MetricTables, query: ParsedMetricQuery, range: TimeRange): Statement {
  const bindings = new Bindings();
  const bind = (ms: number): string => bindings.bind(toTimestamp(ms), "timestamptz");
  const within = (time: string, width: number): string =>
    `${time} >= ${bind(Math.floor(range.from / width) * width)} AND ${time} < ${bind(range.to)}`;
  const ofSeriesNamed = (alias: string): string => ofSeries(query, alias, bindings).join(" AND ");
  const totals = picksSeries(query)
    ? `${tables.series} AS s JOIN ${tables.totals} AS t ON t.series_id = s.id
       WHERE s.labels IS NOT NULL AND ${ofSeriesNamed("s")} AND t.level = 'day' AND ${within("t.bucket", DAY_MS)}`
    : `${tables.totals} AS t WHERE t.series_id = ${allSamples(tables, query, bindings)} AND t.level = 'day'
       AND ${within("t.bucket", DAY_MS)}`;
  const first = `least((SELECT min(t.bucket) FROM ${totals}), (SELECT min(p.bucket) FROM ${tables.pending} AS p
    WHERE ${ofSeriesNamed("p")} AND ${within("p.bucket", HOUR_MS)}))`;
  const text = `SELECT greatest(${milliseconds("first")}, ${bindings.bind(range.from, "bigint")})
    FROM (SELECT ${first} AS first) AS f WHERE first IS NOT NULL`;
  return { text, values: bindings.values };
}
