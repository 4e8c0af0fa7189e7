import type { Context } from "../../context.js";
import type { ExitCode } from "../../exit.js";
import { type MetricOptions, toMetricQuery } from "./options.js";
import { renderSeriesTable, showSeries } from "./view.js";

/** What fits on a screen. */
const MOST_BUCKETS = 31;

export async function metricsQuery(context: Context, options: MetricOptions, metric: string): Promise<ExitCode> {
  const query = toMetricQuery(metric, options, {
    now: context.now(),
    mostBuckets: MOST_BUCKETS,
    defaultFill: () => "none",
  });
  return showSeries(context, query, (series) => renderSeriesTable(series, context.width, context.style));
}
