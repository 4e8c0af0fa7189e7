import { invalidArgument } from "../../errors.js";
import { describeShape } from "../../support/describe.js";
import {
  checkKeys,
  checkObject,
  parseChoice,
  parseDate,
  parseInteger,
  parseText,
  parseTexts,
} from "../../support/input.js";
import { checkCount, REQUEST_LIMITS } from "../../support/request-limits.js";
import { didYouMean } from "../../support/suggest.js";
import { type Bucketing, bucketStarts, parseBucket } from "../../time/bucket.js";
import { ANOMALY_OPTION_KEYS, type AnomalyOptions, parseAnomalyOptions } from "../anomalies/parse-anomalies.js";
import type { AnomalyQuery } from "../anomaly.js";
import type { MetricLabelValuesRequest, MetricTopRequest } from "../catalog.js";
import type { MetricDefinition } from "../definition.js";
import { eventMetric } from "../event-metrics.js";
import { parseLabels, parsePart } from "../parse.js";
import {
  MAX_METRIC_POINTS,
  METRIC_AGGREGATES,
  type MetricAggregate,
  type MetricFill,
  type MetricQuery,
  type MetricSelection,
} from "../query.js";
import { type ParsedWindow, parseWindows } from "../windows/parse-window.js";

const FILLS: readonly MetricFill[] = ["none", "null", "zero", "previous"];
const LABEL_PREFIX = "labels.";

/** A validated `MetricDimension`. `name` is the key in the series. */
export type ParsedMetricDimension =
  | { readonly name: string; readonly kind: "agentId" | "teamId" }
  | { readonly name: string; readonly kind: "label"; readonly label: string };

/** What a driver reads; times are milliseconds since the epoch, `from` inclusive and `to` exclusive. */
export interface ParsedMetricQuery {
  readonly metric: string;
  readonly agentIds: readonly string[] | undefined;
  readonly teamIds: readonly string[] | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly from: number;
  readonly to: number;
  readonly bucket: Bucketing | undefined;
  readonly aggregate: MetricAggregate;
  readonly groupBy: readonly ParsedMetricDimension[];
  /** Only these groups, by their values of `groupBy` in order; at most 1,000. */
  readonly keys: readonly (readonly (string | null)[])[] | undefined;
  /** Declared for the metric: sums are to be exact. */
  readonly decimals: number | undefined;
}

const SELECTION_KEYS = ["metric", "agentId", "teamId", "labels", "from", "to", "unit"] as const;

type ParsedSelection = Omit<ParsedMetricQuery, "bucket" | "aggregate" | "groupBy" | "keys">;

/** @throws `invalid_argument` */
export function parseMetricName(what: string, metric: unknown): string {
  return parseText(`${what}.metric`, metric);
}

/** @param extra keys allowed in addition to those of a selection @throws `invalid_argument` */
function parseSelection(
  what: string,
  selection: MetricSelection,
  extra: readonly string[],
  definition: MetricDefinition | undefined,
): ParsedSelection {
  checkObject(what, selection);
  checkKeys(what, selection, [...SELECTION_KEYS, ...extra]);
  const from = parseDate(`${what}.from`, selection.from);
  const to = parseDate(`${what}.to`, selection.to);
  if (to <= from) throw invalidArgument(`${what}.to`, `must be later than ${what}.from`);
  const { agentId, teamId } = selection;
  if (selection.unit !== undefined) parseText(`${what}.unit`, selection.unit);
  return {
    metric: parseMetricName(what, selection.metric),
    agentIds: agentId === undefined ? undefined : parseTexts(`${what}.agentId`, agentId),
    teamIds: teamId === undefined ? undefined : parseTexts(`${what}.teamId`, teamId),
    labels: parseLabels(`${what}.labels`, selection.labels),
    from,
    to,
    decimals: definition?.decimals,
  };
}

/** A validated {@link MetricQuery}. */
export interface ParsedSeriesQuery {
  readonly read: ParsedMetricQuery;
  readonly fill: MetricFill;
  /** In the order asked for; only with a bucket. */
  readonly windows: readonly ParsedWindow[];
}

/** @param definition of the query's metric @throws `invalid_argument` */
export function parseMetricQuery(query: MetricQuery, definition?: MetricDefinition): ParsedSeriesQuery {
  const selection = parseSelection("query", query, ["bucket", "aggregate", "groupBy", "fill", "window"], definition);
  const fill = parseFill("query", query.fill, "none");
  const bucket = query.bucket === undefined ? undefined : parseBucket(query.bucket, "query.bucket");
  const { from, to } = selection;
  if (bucket !== undefined && (fill !== "none" || query.window !== undefined)) {
    checkPointCount("query", bucket, from, to);
  }
  const aggregate = parseAggregate("query", query.aggregate);
  const groupBy = parseGroupBy("query.groupBy", query.groupBy ?? []);
  return {
    read: { ...selection, bucket, aggregate, groupBy, keys: undefined },
    fill,
    windows:
      query.window === undefined
        ? []
        : parseWindows(query.window, "query.window", {
            groupBy: groupBy.map(({ name }) => name),
            aggregate,
            buckets: bucket && bucketStarts(bucket, from, to).length,
          }),
  };
}

/** A query with a bucket. */
export interface BucketedQuery extends ParsedMetricQuery {
  readonly bucket: Bucketing;
}

/** A validated {@link AnomalyQuery}. */
export interface ParsedAnomalyQuery {
  readonly read: BucketedQuery;
  readonly fill: MetricFill;
  readonly options: AnomalyOptions;
  /** Values are numbers of events. */
  readonly counts: boolean;
}

/** @param definition of the query's metric @throws `invalid_argument` */
export function parseAnomalyQuery(query: AnomalyQuery, definition?: MetricDefinition): ParsedAnomalyQuery {
  const extra = ["bucket", "aggregate", "groupBy", "fill", ...ANOMALY_OPTION_KEYS];
  const selection = parseSelection("query", query, extra, definition);
  const bucket = parseBucket(query.bucket, "query.bucket");
  checkPointCount("query", bucket, selection.from, selection.to);
  const aggregate = parseAggregate("query", query.aggregate);
  const event = eventMetric(selection.metric);
  const ofEvents = event !== undefined && event.payloadMember === undefined;
  const fallback = ofEvents && ["sum", "count", "rate"].includes(aggregate) ? "zero" : "null";
  return {
    read: {
      ...selection,
      bucket,
      aggregate,
      groupBy: parseGroupBy("query.groupBy", query.groupBy ?? []),
      keys: undefined,
    },
    fill: parseFill("query", query.fill, fallback),
    options: parseAnomalyOptions(query, "query", bucket),
    counts: ofEvents && aggregate !== "rate" && fallback === "zero",
  };
}

export function parseFill(what: string, fill: unknown, fallback: MetricFill): MetricFill {
  return fill === undefined ? fallback : parseChoice(`${what}.fill`, fill, FILLS);
}

export function parseAggregate(what: string, aggregate: unknown): MetricAggregate {
  return parseChoice(`${what}.aggregate`, aggregate, METRIC_AGGREGATES);
}

/** @throws `invalid_argument`; `too_large` for too many dimensions */
export function parseGroupBy(what: string, groupBy: unknown): ParsedMetricDimension[] {
  if (!Array.isArray(groupBy)) throw invalidArgument(what, `must be an array, got ${describeShape(groupBy)}`);
  checkCount(what, "dimensions", groupBy.length, REQUEST_LIMITS.dimensions, "Name fewer.");
  if (new Set(groupBy).size !== groupBy.length) throw invalidArgument(what, "names a dimension twice");
  return Array.from(groupBy, (name: unknown) => parseDimension(what, name));
}

/** @throws `invalid_argument` */
export function parseDimension(what: string, name: unknown): ParsedMetricDimension {
  if (name === "agentId" || name === "teamId") return { name, kind: name };
  if (typeof name === "string" && name.startsWith(LABEL_PREFIX)) {
    return { name, kind: "label", label: parsePart(what, "a label", name.slice(LABEL_PREFIX.length)) };
  }
  const hint = typeof name === "string" && name.length <= 60 ? didYouMean(name, ["agentId", "teamId"]) : "";
  throw invalidArgument(
    what,
    `has an unknown dimension (${describeShape(name)}).${hint} Known: agentId, teamId, labels.NAME`,
  );
}

/** A validated {@link MetricLabelValuesRequest}. */
export interface ParsedMetricLabelValues {
  readonly metric: string;
  readonly by: ParsedMetricDimension;
  readonly limit: number;
}

/** @throws `invalid_argument` */
export function parseLabelValues(request: MetricLabelValuesRequest): ParsedMetricLabelValues {
  checkObject("request", request);
  checkKeys("request", request, ["metric", "by", "limit"]);
  return {
    metric: parseMetricName("request", request.metric),
    by: parseDimension("request.by", request.by),
    limit: request.limit === undefined ? 100 : parseInteger("request.limit", request.limit, 1, 10_000),
  };
}

/** A validated {@link MetricTopRequest}: what to read for the values, and for the points of the rows. */
export interface ParsedTop {
  readonly read: ParsedMetricQuery;
  readonly limit: number;
  readonly bucket: Bucketing | undefined;
}

/** @param definition of the request's metric @throws `invalid_argument` */
export function parseTop(request: MetricTopRequest, definition?: MetricDefinition): ParsedTop {
  const selection = parseSelection("request", request, ["by", "aggregate", "limit", "bucket"], definition);
  const by: unknown = Array.isArray(request.by) ? request.by : [request.by];
  const groupBy = parseGroupBy("request.by", by);
  if (groupBy.length === 0) throw invalidArgument("request.by", "must name at least one dimension");
  const limit = request.limit === undefined ? 10 : parseInteger("request.limit", request.limit, 1, 1000);
  const bucket = request.bucket === undefined ? undefined : parseBucket(request.bucket, "request.bucket");
  if (bucket !== undefined) checkPointCount("request", bucket, selection.from, selection.to, limit);
  const aggregate = request.aggregate === undefined ? "sum" : parseAggregate("request", request.aggregate);
  return { read: { ...selection, bucket: undefined, aggregate, groupBy, keys: undefined }, limit, bucket };
}

/** @throws `invalid_argument` when `series` series of these buckets have more points than an answer may */
export function checkPointCount(what: string, bucket: Bucketing, from: number, to: number, series = 1): void {
  const first = bucket.startOf(from);
  // Estimated from one step: exact counting would itself take as long as the series is.
  const width = bucket.next(first) - first;
  if (((to - first) / width) * series > MAX_METRIC_POINTS) throw tooManyPoints(what);
}

export function tooManyPoints(what = "query"): Error {
  return invalidArgument(
    what,
    `asks for more than ${MAX_METRIC_POINTS} points`,
    "Narrow the range, widen the bucket or group by less.",
  );
}
