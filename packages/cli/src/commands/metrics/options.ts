import {
  type Bucket,
  METRIC_AGGREGATES,
  type MetricDimension,
  type MetricFill,
  type MetricQuery,
} from "@agent-assembly/storage-core";
import { toBucket } from "../../args/bucket.js";
import { parseTime } from "../../args/time.js";
import { parseChoice, parseList } from "../../args/values.js";
import { UsageError } from "../../exit.js";
import { bucketFor } from "../../terminal/plot/time-axis.js";

/** The options `metrics query` and `metrics plot` share, as commander hands them over. */
export interface MetricOptions {
  readonly aggregate: string;
  readonly agent?: string[];
  readonly team?: string[];
  readonly label?: string[];
  readonly from: string;
  readonly to: string;
  /** A duration, `auto` or `none`. */
  readonly bucket: string;
  readonly timeZone?: string;
  readonly groupBy?: string;
  readonly fill?: string;
}

const FILLS: readonly MetricFill[] = ["none", "null", "zero", "previous"];
const ALIASES: Readonly<Record<string, MetricDimension>> = { agent: "agentId", team: "teamId" };

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
    readonly defaultFill: (aggregate: MetricQuery["aggregate"]) => MetricFill;
  },
): MetricQuery {
  const aggregate = parseChoice("--aggregate", options.aggregate, METRIC_AGGREGATES);
  const from = parseTime("--from", options.from, now);
  const to = parseTime("--to", options.to, now);
  if (to <= from) {
    throw new UsageError(`--from ${options.from} is not before --to ${options.to}; give a range that is not empty`);
  }
  const bucket = bucketOf(options, to.getTime() - from.getTime(), mostBuckets);
  const query: MetricQuery = {
    metric,
    aggregate,
    from,
    to,
    bucket,
    agentId: options.agent,
    teamId: options.team,
    labels: options.label === undefined ? undefined : parseLabels(options.label),
    groupBy: options.groupBy === undefined ? undefined : parseDimensions(options.groupBy),
    fill: options.fill === undefined ? defaultFill(aggregate) : parseChoice("--fill", options.fill, FILLS),
  };
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as unknown as MetricQuery;
}

function bucketOf(options: MetricOptions, spanMs: number, mostBuckets: number): Bucket | undefined {
  const { bucket, timeZone } = options;
  if (bucket === "none") return toBucket({ ...(timeZone === undefined ? {} : { timeZone }) });
  return toBucket({
    bucket: bucket === "auto" ? bucketFor(spanMs, mostBuckets) : bucket,
    ...(timeZone === undefined ? {} : { timeZone }),
  });
}

function parseLabels(texts: readonly string[]): Record<string, string> {
  const labels = new Map<string, string>();
  for (const text of texts) {
    const equals = text.indexOf("=");
    if (equals < 1 || equals === text.length - 1) {
      throw new UsageError(`--label is ${JSON.stringify(text)}; allowed: a name, = and a value, such as model=gpt-4o`);
    }
    const name = text.slice(0, equals);
    if (labels.has(name)) throw new UsageError(`--label names ${name} twice; one value per label`);
    labels.set(name, text.slice(equals + 1));
  }
  return Object.fromEntries(labels);
}

function parseDimensions(text: string): MetricDimension[] {
  const dimensions = parseList("--group-by", text).map((name) => ALIASES[name] ?? name);
  for (const [index, name] of dimensions.entries()) {
    if (name !== "agentId" && name !== "teamId" && !/^labels\../.test(name)) {
      throw new UsageError(`--group-by names ${JSON.stringify(name)}; allowed: agent, team, labels.NAME`);
    }
    if (dimensions.indexOf(name) !== index) {
      throw new UsageError(`--group-by names ${name} twice; name each dimension once`);
    }
  }
  return dimensions as MetricDimension[];
}
