import {
  ANOMALY_METHODS,
  type AnomalyQuery,
  type AnomalySeries,
  type Bucket,
  type MetricSeries,
} from "@agent-assembly/storage-core";
import { parseChoice, parseInteger } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode, UsageError } from "../../exit.js";
import { formatJson } from "../../terminal/json.js";
import { askAbout, requireKnownMetric } from "./access.js";
import { ADDITIVE, type MetricOptions, type MetricQuery, toMetricQuery, withoutAbsent } from "./options.js";
import { type PlottedMetric, renderSeriesPlot } from "./view-plot.js";

interface PlotOptions extends MetricOptions {
  readonly height: string;
  readonly ascii?: boolean;
  readonly anomalies?: string;
}

/** About one for each column of a small terminal. */
const MOST_BUCKETS = 100;
const DEFAULT_WIDTH = 80;

type PlotQuery = MetricQuery & { readonly bucket: Bucket };

export async function metricsPlot(context: Context, options: PlotOptions, ...metrics: string[]): Promise<ExitCode> {
  const height = parseInteger("--height", options.height, 3, 100);
  requireDistinct(metrics);
  const queries = metrics.map((metric) => toPlotQuery(metric, options, context.now()));
  const judging = options.anomalies === undefined ? undefined : toAnomalyQuery(options.anomalies, queries);
  return context.withStorage(async (storage) => {
    const plots: PlottedMetric[] = [];
    for (const query of queries) {
      const series = await askAbout(storage, query.metric, () => storage.metrics.query(query));
      if (!hasValues(series)) await requireKnownMetric(storage, query.metric);
      plots.push({ query, series });
    }
    const anomalies = judging && (await askAbout(storage, judging.metric, () => storage.metrics.anomalies(judging)));
    if (context.json) {
      await context.out.line(formatJson(documentOf(plots, anomalies)));
    } else if (!plots.some(({ series }) => hasValues(series))) {
      await context.out.line("No samples match.");
    } else {
      const view = {
        width: context.width ?? DEFAULT_WIDTH,
        height,
        unicode: context.unicode && options.ascii !== true,
        style: context.style,
      };
      await context.out.write(renderSeriesPlot(plots, anomalies, view));
    }
    return EXIT.ok;
  });
}

function toPlotQuery(metric: string, options: PlotOptions, now: number): PlotQuery {
  const { bucket, ...query } = toMetricQuery(metric, options, {
    now,
    mostBuckets: MOST_BUCKETS,
    defaultFill: (aggregate) => (ADDITIVE.has(aggregate) ? "zero" : "null"),
  });
  if (bucket === undefined) {
    throw new UsageError("--bucket none gives a single value, which cannot be plotted; use aasm metrics query for it");
  }
  return { ...query, bucket };
}

function requireDistinct(metrics: readonly string[]): void {
  const twice = metrics.find((metric, index) => metrics.indexOf(metric) !== index);
  if (twice !== undefined) throw new UsageError(`${JSON.stringify(twice)} is named twice; name each metric once`);
}

/** @throws UsageError where the band would be of something else than what is drawn */
function toAnomalyQuery(method: string, queries: readonly PlotQuery[]): AnomalyQuery {
  const chosen = parseChoice("--anomalies", method, ANOMALY_METHODS);
  const [query, ...others] = queries as [PlotQuery, ...PlotQuery[]];
  if (others.length > 0) throw new UsageError("--anomalies judges one metric; plot the others apart");
  if (query.window !== undefined) {
    throw new UsageError("--anomalies judges values, which --window replaces; give one of them");
  }
  const { fill: _, window: __, ...selected } = query;
  return withoutAbsent({ ...selected, method: chosen });
}

function hasValues(series: readonly MetricSeries[]): boolean {
  return series.some(({ points }) => points.some(({ value }) => value !== null));
}

function documentOf(plots: readonly PlottedMetric[], anomalies: readonly AnomalySeries[] | undefined): object {
  const [only, ...others] = plots;
  if (others.length > 0) return { plots };
  return { ...only, ...(anomalies === undefined ? {} : { anomalies }) };
}
