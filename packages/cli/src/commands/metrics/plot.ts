import { parseInteger } from "../../args/values.js";
import type { Context } from "../../context.js";
import { type ExitCode, UsageError } from "../../exit.js";
import { type MetricOptions, toMetricQuery } from "./options.js";
import { showSeries } from "./view.js";
import { ADDITIVE, renderSeriesPlot } from "./view-plot.js";

interface PlotOptions extends MetricOptions {
  readonly height: string;
  readonly ascii?: boolean;
}

/** About one for each column of a small terminal. */
const MOST_BUCKETS = 100;
const DEFAULT_WIDTH = 80;

export async function metricsPlot(context: Context, options: PlotOptions, metric: string): Promise<ExitCode> {
  const height = parseInteger("--height", options.height, 3, 100);
  const { bucket, ...query } = toMetricQuery(metric, options, {
    now: context.now(),
    mostBuckets: MOST_BUCKETS,
    defaultFill: (aggregate) => (ADDITIVE.has(aggregate) ? "zero" : "null"),
  });
  if (bucket === undefined) {
    throw new UsageError("--bucket none gives a single value, which cannot be plotted; use aasm metrics query for it");
  }
  return showSeries(context, { ...query, bucket }, (series) =>
    renderSeriesPlot(
      series,
      { ...query, bucket },
      {
        width: context.width ?? DEFAULT_WIDTH,
        height,
        unicode: context.unicode && options.ascii !== true,
        style: context.style,
      },
    ),
  );
}
