import type { MetricTop, MetricTopRequest } from "@agent-assembly/storage-core";
import { parseInteger } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { formatJson } from "../../terminal/json.js";
import { askAbout, requireKnownMetric } from "./access.js";
import { parseMetricDimensions } from "./dimensions.js";
import { parseAggregate, type SelectionOptions, toMetricBucket, toSelection, withoutAbsent } from "./options.js";
import { refuseJsonAndCsv } from "./values.js";
import { renderTop, renderTopCsv } from "./view-top.js";

interface TopOptions extends SelectionOptions {
  readonly by: string;
  readonly aggregate: string;
  readonly limit: string;
  readonly bucket: string;
  readonly timeZone?: string;
  readonly csv?: boolean;
  readonly ascii?: boolean;
}

/** Characters of a sparkline. */
const MOST_BUCKETS = 24;

export async function metricsTop(context: Context, options: TopOptions, metric: string): Promise<ExitCode> {
  refuseJsonAndCsv(context, options.csv);
  const request = toTopRequest(metric, options, context.now());
  return context.withStorage(async (storage) => {
    const top: MetricTop = await askAbout(storage, metric, () => storage.metrics.top(request));
    if (top.rows.length === 0) await requireKnownMetric(storage, metric);
    if (context.json) await context.out.line(formatJson({ request, top }));
    else if (options.csv === true) await context.out.write(renderTopCsv(top, request));
    else if (top.rows.length === 0) await context.out.line("No samples match.");
    else {
      const unicode = context.unicode && options.ascii !== true;
      await context.out.write(renderTop(top, request, { width: context.width, style: context.style, unicode }));
    }
    return EXIT.ok;
  });
}

function toTopRequest(metric: string, options: TopOptions, now: number): MetricTopRequest & { by: readonly string[] } {
  const selection = toSelection(metric, options, now);
  return withoutAbsent({
    ...selection,
    by: parseMetricDimensions("--by", options.by, metric),
    aggregate: parseAggregate(options.aggregate),
    limit: parseInteger("--limit", options.limit, 1, 1000),
    bucket: toMetricBucket(options, selection, MOST_BUCKETS),
  });
}
