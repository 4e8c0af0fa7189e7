import { invalidArgument, isStorageError, StorageError } from "../errors.js";
import { describeShape } from "../support/describe.js";
import {
  checkKeys,
  checkObject,
  parseChoice,
  parseDate,
  parseOptionalText,
  parseText,
  parseTexts,
} from "../support/input.js";
import { compareText, textProblem } from "../support/text.js";
import { type Bucketing, parseBucket } from "../time/bucket.js";
import {
  MAX_METRIC_POINTS,
  METRIC_AGGREGATES,
  type MetricAggregate,
  type MetricFill,
  type MetricQuery,
  type MetricSample,
} from "./store.js";

export const MAX_LABELS = 32;
const FILLS: readonly MetricFill[] = ["none", "null", "zero", "previous"];
const LABEL_PREFIX = "labels.";

/** A checked sample; `ts` in milliseconds since the epoch, absent members `null`, labels sorted by name. */
export interface SampleRow {
  readonly ts: number;
  readonly metric: string;
  readonly value: number;
  readonly agentId: string | null;
  readonly teamId: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

/** @returns the sample, or the reason why it is none */
export function parseSample(sample: MetricSample): SampleRow | string {
  try {
    checkObject("sample", sample);
    checkKeys("sample", sample, ["ts", "metric", "value", "agentId", "teamId", "labels"]);
    const value: unknown = sample.value;
    if (typeof value !== "number" || !Number.isFinite(value)) {
      throw invalidArgument("value", `must be a finite number, got ${describeShape(value)}`);
    }
    return {
      ts: parseDate("ts", sample.ts),
      metric: parseText("metric", sample.metric),
      value: value === 0 ? 0 : value,
      agentId: parseOptionalText("agentId", sample.agentId),
      teamId: parseOptionalText("teamId", sample.teamId),
      labels: checkLabels("labels", sample.labels),
    };
  } catch (error) {
    if (isStorageError(error, "invalid_argument")) return error.message;
    throw error;
  }
}

/** A validated {@link MetricDimension}. `name` is the key in the series. */
export type ParsedMetricDimension =
  | { readonly name: string; readonly kind: "agentId" | "teamId" }
  | { readonly name: string; readonly kind: "label"; readonly label: string };

/** A validated {@link MetricQuery}; times are milliseconds since the epoch. */
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
  readonly fill: MetricFill;
}

const QUERY_KEYS = [
  "metric",
  "agentId",
  "teamId",
  "labels",
  "from",
  "to",
  "bucket",
  "aggregate",
  "groupBy",
  "fill",
] as const;

/** @throws `invalid_argument` */
export function parseMetricQuery(query: MetricQuery): ParsedMetricQuery {
  checkObject("query", query);
  checkKeys("query", query, QUERY_KEYS);
  const from = parseDate("query.from", query.from);
  const to = parseDate("query.to", query.to);
  if (to <= from) throw invalidArgument("query.to", "must be later than query.from");
  const fill = query.fill === undefined ? "none" : parseChoice("query.fill", query.fill, FILLS);
  const bucket = query.bucket === undefined ? undefined : parseBucket(query.bucket, "query.bucket");
  if (bucket !== undefined && fill !== "none") checkPointCount(bucket, from, to);
  return {
    metric: parseText("query.metric", query.metric),
    agentIds: query.agentId === undefined ? undefined : parseTexts("query.agentId", query.agentId),
    teamIds: query.teamId === undefined ? undefined : parseTexts("query.teamId", query.teamId),
    labels: checkLabels("query.labels", query.labels),
    from,
    to,
    bucket,
    aggregate: parseChoice("query.aggregate", query.aggregate, METRIC_AGGREGATES),
    groupBy: checkGroupBy(query.groupBy),
    fill,
  };
}

function checkGroupBy(groupBy: unknown): ParsedMetricDimension[] {
  if (groupBy === undefined) return [];
  if (!Array.isArray(groupBy))
    throw invalidArgument("query.groupBy", `must be an array, got ${describeShape(groupBy)}`);
  if (new Set(groupBy).size !== groupBy.length) throw invalidArgument("query.groupBy", "names a dimension twice");
  return groupBy.map((name: unknown) => {
    if (name === "agentId" || name === "teamId") return { name, kind: name };
    if (typeof name === "string" && name.startsWith(LABEL_PREFIX)) {
      return { name, kind: "label", label: checkPart("query.groupBy", "a label", name.slice(LABEL_PREFIX.length)) };
    }
    throw invalidArgument(
      "query.groupBy",
      `has an unknown dimension (${describeShape(name)}); known: agentId, teamId, labels.NAME`,
    );
  });
}

function checkLabels(what: string, labels: unknown): Record<string, string> {
  if (labels === undefined) return {};
  checkObject(what, labels);
  const entries = Object.entries(labels);
  if (entries.length > MAX_LABELS) {
    throw invalidArgument(what, `has ${entries.length} members, more than the accepted ${MAX_LABELS}`);
  }
  return Object.fromEntries(
    entries
      .map(([name, value]) => [checkPart(what, "a name", name), checkPart(what, "a value", value)] as const)
      .sort(([a], [b]) => compareText(a, b)),
  );
}

/** Text within an option that has no path of its own. */
function checkPart(option: string, part: string, value: unknown): string {
  const problem = textProblem(value);
  if (problem === undefined) return value as string;
  throw new StorageError({ code: "invalid_argument", option, message: `${part} in {option} ${problem}` });
}

function checkPointCount(bucket: Bucketing, from: number, to: number): void {
  const first = bucket.startOf(from);
  // Estimated from one step: exact counting would itself take as long as the series is.
  const width = bucket.next(first) - first;
  if ((to - first) / width > MAX_METRIC_POINTS) throw tooManyPoints();
}

export function tooManyPoints(): Error {
  return invalidArgument(
    "query",
    `asks for more than ${MAX_METRIC_POINTS} points`,
    "Narrow the range, widen the bucket or group by less.",
  );
}
