import { ANOMALY_METHODS, type AnomalyQuery } from "@agent-assembly/storage-core";
import { parseChoice, parseInteger } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode, UsageError } from "../../exit.js";
import { formatJson } from "../../terminal/json.js";
import { askAbout, requireKnownMetric } from "./access.js";
import { parseMetricDimensions } from "./dimensions.js";
import { parseAggregate, type SelectionOptions, toMetricBucket, toSelection, withoutAbsent } from "./options.js";
import { refuseJsonAndCsv } from "./values.js";
import { renderAnomalies, renderAnomaliesCsv, verdictOf } from "./view-anomalies.js";

interface AnomalyOptions extends SelectionOptions {
  readonly aggregate: string;
  readonly bucket: string;
  readonly timeZone?: string;
  readonly groupBy?: string;
  readonly method: string;
  readonly window?: string;
  readonly season?: string;
  readonly threshold?: string;
  readonly minSamples?: string;
  readonly all?: boolean;
  readonly csv?: boolean;
}

const MAX_WINDOW = 10_000;
const MAX_THRESHOLD = 1000;
/** What `--bucket auto` makes of a range at most. */
const MOST_BUCKETS = 200;

export async function metricsAnomalies(context: Context, options: AnomalyOptions, metric: string): Promise<ExitCode> {
  refuseJsonAndCsv(context, options.csv);
  const query = toAnomalyQuery(metric, options, context.now());
  const all = options.all === true;
  return context.withStorage(async (storage) => {
    const series = await askAbout(storage, metric, () => storage.metrics.anomalies(query));
    const isEmpty = !series.some(({ points }) => points.some(({ value }) => value !== null));
    if (isEmpty) await requireKnownMetric(storage, metric);
    if (context.json) await context.out.line(formatJson({ query, series, ...verdictOf(series) }));
    else if (options.csv === true) await context.out.write(renderAnomaliesCsv(series, query, all));
    else if (isEmpty) await context.out.line("No samples match.");
    else await context.out.write(renderAnomalies(series, query, { all, width: context.width, style: context.style }));
    return EXIT.ok;
  });
}

/** @throws UsageError */
export function toAnomalyQuery(metric: string, options: AnomalyOptions, now: number): AnomalyQuery {
  const selection = toSelection(metric, options, now);
  const bucket = toMetricBucket(options, selection, MOST_BUCKETS);
  if (bucket === undefined) throw new UsageError("--bucket none leaves nothing to compare; give a duration such as 1h");
  const integer = (option: string, text: string | undefined): number | undefined =>
    text === undefined ? undefined : parseInteger(option, text, 2, MAX_WINDOW);
  return withoutAbsent({
    ...selection,
    bucket,
    aggregate: parseAggregate(options.aggregate),
    groupBy: options.groupBy === undefined ? undefined : parseMetricDimensions("--group-by", options.groupBy, metric),
    method: parseChoice("--method", options.method, ANOMALY_METHODS),
    window: integer("--window", options.window),
    season:
      options.season === undefined ? undefined : parseChoice("--season", options.season, ["day", "week"] as const),
    threshold: options.threshold === undefined ? undefined : parseThreshold(options.threshold),
    minSamples: integer("--min-samples", options.minSamples),
  });
}

function parseThreshold(text: string): number {
  const value = /^\d{1,6}(?:\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
  if (value > 0 && value <= MAX_THRESHOLD) return value;
  throw new UsageError(
    `--threshold is ${JSON.stringify(text)}; allowed: a number above 0 and at most ${MAX_THRESHOLD}, such as 3.5`,
  );
}
