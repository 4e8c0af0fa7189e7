import type { MetricSeries, StorageBackend } from "@agent-assembly/storage-core";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode, UsageError } from "../../exit.js";
import { formatJson } from "../../terminal/json.js";
import { askAbout, requireKnownMetric } from "./access.js";
import { type MetricOptions, type MetricQuery, toMetricQuery, withoutAbsent } from "./options.js";
import { refuseJsonAndCsv } from "./values.js";
import { renderSeriesCsv, renderSeriesTable, type SeriesAnswer } from "./view-table.js";

interface QueryOptions extends MetricOptions {
  readonly csv?: boolean;
  readonly total?: boolean;
}

/** What fits on a screen. */
const MOST_BUCKETS = 31;

export async function metricsQuery(context: Context, options: QueryOptions, metric: string): Promise<ExitCode> {
  refuseJsonAndCsv(context, options.csv);
  const query = toMetricQuery(metric, options, {
    now: context.now(),
    mostBuckets: MOST_BUCKETS,
    defaultFill: () => "none",
  });
  const withTotal = options.total === true;
  if (withTotal) requireSummable(query);
  return context.withStorage(async (storage) => {
    const answer = await askAbout(storage, metric, async (): Promise<SeriesAnswer> => {
      const series = await storage.metrics.query(query);
      return { query, series, ...(withTotal ? { totals: await totalsOf(storage, query, series.length) } : {}) };
    });
    const isEmpty = !answer.series.some(({ points }) => points.some(({ value }) => value !== null));
    if (isEmpty) await requireKnownMetric(storage, metric);
    if (context.json) await context.out.line(formatJson(answer));
    else if (options.csv === true) await context.out.write(renderSeriesCsv(answer));
    else if (isEmpty) await context.out.line("No samples match.");
    else await context.out.write(renderSeriesTable(answer, context.width, context.style));
    return EXIT.ok;
  });
}

function requireSummable({ aggregate, bucket }: MetricQuery): void {
  if (aggregate !== "sum" && aggregate !== "count") {
    throw new UsageError(
      `--total adds buckets up, which says nothing of ${aggregate}; use --aggregate sum or count, or --bucket none for the ${aggregate} of the whole range`,
    );
  }
  if (bucket === undefined) throw new UsageError("--bucket none gives the total already; leave out --total");
}

/** The values over the whole range: of each group, and of all where there are several. */
async function totalsOf(storage: StorageBackend, query: MetricQuery, groups: number): Promise<MetricSeries[]> {
  const whole = withoutAbsent({ ...query, bucket: undefined, window: undefined, fill: undefined });
  const ofGroups = await storage.metrics.query(whole);
  if (groups < 2) return ofGroups;
  const ofAll = await storage.metrics.query(withoutAbsent({ ...whole, groupBy: undefined }));
  return [...ofGroups, ...ofAll];
}
