import {
  type Bucket,
  METRIC_AGGREGATES,
  type MetricAggregate,
  type MetricFill,
  type MetricWindow,
  type MetricQuery as StoredQuery,
} from "@agent-assembly/storage-core";
import { toBucket } from "../../args/bucket.js";
import { parseTime } from "../../args/time.js";
import { parseChoice, parseText } from "../../args/values.js";
import { UsageError } from "../../exit.js";
import { bucketFor } from "../../terminal/plot/time-axis.js";
import { parseLabels, parseMetricDimensions } from "./dimensions.js";
import { parseWindow } from "./windows.js";

/** Which samples a command is about, as commander hands its options over. */
export interface SelectionOptions {
  readonly agent?: string[];
  readonly team?: string[];
  readonly label?: string[];
  readonly from: string;
  readonly to: string;
  readonly unit?: string;
}

/** The options that `metrics query` and `metrics plot` share. */
export interface MetricOptions extends SelectionOptions {
  readonly aggregate: string;
  /** A duration, `auto` or `none`. */
  readonly bucket: string;
  readonly timeZone?: string;
  readonly groupBy?: string;
  readonly fill?: string;
  readonly window?: string[];
}

/** What the commands ask the store for. */
export interface MetricQuery extends StoredQuery {
  readonly window?: readonly MetricWindow[] | undefined;
}

/** Which samples of one metric a request is about. */
type MetricSelection = Omit<StoredQuery, "bucket" | "aggregate" | "groupBy" | "fill" | "window">;

const FILLS: readonly MetricFill[] = ["none", "null", "zero", "previous"];

/** Of these a bucket without samples is zero, groups add up, and an axis that does not start at zero exaggerates. */
export const ADDITIVE: ReadonlySet<MetricAggregate> = new Set(["sum", "count", "rate"]);

/** @throws UsageError */
export function toSelection(metric: string, options: SelectionOptions, now: number): MetricSelection {
  const from = parseTime("--from", options.from, now);
  const to = parseTime("--to", options.to, now);
  if (to <= from) {
    throw new UsageError(`--from ${options.from} is not before --to ${options.to}; give a range that is not empty`);
  }
  return withoutAbsent({
    metric,
    from,
    to,
    agentId: options.agent,
    teamId: options.team,
    labels: options.label === undefined ? undefined : parseLabels(options.label, metric),
    unit: options.unit === undefined ? undefined : parseText("--unit", options.unit, "a unit such as ms or bytes"),
  });
}

/** @throws UsageError */
export function parseAggregate(text: string): MetricAggregate {
  return parseChoice("--aggregate", text, METRIC_AGGREGATES);
}

/**
 * @param mostBuckets how many buckets `auto` may make
 * @param defaultFill what is filled in where no option says
 * @throws UsageError
 */
export function toMetricQuery(
  metric: string,
  options: MetricOptions,
  {
    now,
    mostBuckets,
    defaultFill,
  }: {
    readonly now: number;
    readonly mostBuckets: number;
    readonly defaultFill: (aggregate: MetricAggregate) => MetricFill;
  },
): MetricQuery {
  const aggregate = parseAggregate(options.aggregate);
  const selection = toSelection(metric, options, now);
  const bucket = toMetricBucket(options, selection, mostBuckets);
  const groupBy =
    options.groupBy === undefined ? undefined : parseMetricDimensions("--group-by", options.groupBy, metric);
  const window = options.window?.map((text) => parseWindow(text, metric, groupBy));
  if (window !== undefined && bucket === undefined) {
    throw new UsageError("--window compares buckets; leave out --bucket none");
  }
  return withoutAbsent({
    ...selection,
    aggregate,
    bucket,
    groupBy,
    fill: options.fill === undefined ? defaultFill(aggregate) : parseChoice("--fill", options.fill, FILLS),
    window,
  });
}

/**
 * @param options a duration, `auto` or `none`
 * @throws UsageError
 */
export function toMetricBucket(
  { bucket, timeZone }: { readonly bucket: string; readonly timeZone?: string },
  { from, to }: Pick<MetricSelection, "from" | "to">,
  mostBuckets: number,
): Bucket | undefined {
  if (bucket === "none") return toBucket({ ...(timeZone === undefined ? {} : { timeZone }) });
  return toBucket({
    bucket: bucket === "auto" ? bucketFor(to.getTime() - from.getTime(), mostBuckets) : bucket,
    ...(timeZone === undefined ? {} : { timeZone }),
  });
}

/** The members that have a value. */
export function withoutAbsent<T extends object>(members: T): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T;
}
