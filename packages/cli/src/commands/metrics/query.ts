import {
  METRIC_AGGREGATES,
  type MetricDimension,
  type StorageBackend,
  StorageError,
} from "@agent-assembly/storage-core";
import { type BucketOptions, toBucket } from "../../args/bucket.js";
import { parseChoice, parseList } from "../../args/choice.js";
import { parseTime } from "../../args/time.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode, UsageError } from "../../exit.js";
import { formatJson } from "../../io/json.js";
import { renderSeriesChart, renderSeriesTable } from "../../render/series.js";

interface MetricsOptions extends BucketOptions {
  readonly aggregate: string;
  readonly agent?: string;
  readonly team?: string;
  readonly from: string;
  readonly to: string;
  readonly groupBy?: string;
}

export function metricsQuery(context: Context, options: MetricsOptions, metric: string): Promise<ExitCode> {
  return show(context, options, metric, renderSeriesTable);
}

export function metricsPlot(context: Context, options: MetricsOptions, metric: string): Promise<ExitCode> {
  return show(context, options, metric, renderSeriesChart);
}

async function show(
  context: Context,
  options: MetricsOptions,
  metric: string,
  render: typeof renderSeriesTable,
): Promise<ExitCode> {
  const now = context.now();
  const query = {
    metric,
    aggregate: parseChoice("--aggregate", options.aggregate, METRIC_AGGREGATES),
    agentId: options.agent,
    teamId: options.team,
    from: parseTime("--from", options.from, now),
    to: parseTime("--to", options.to, now),
    bucket: toBucket(options),
    groupBy: options.groupBy === undefined ? undefined : dimensions(parseList("--group-by", options.groupBy)),
  };
  return context.withStorage(async (storage) => {
    requirePersistence(storage);
    const series = await storage.metrics.query(query);
    if (context.json) await context.out.line(formatJson({ series }));
    else if (series.length === 0) await context.out.line("No samples match.");
    else await context.out.write(render(series, context.width, context.style));
    return EXIT.ok;
  });
}

/** Another process cannot see samples that live in the gateway's memory; an empty answer would say there are none. */
function requirePersistence(storage: StorageBackend): void {
  const capability = storage.capabilities.metrics_persistence;
  if (capability.status !== "unsupported") return;
  throw new StorageError({
    code: "unsupported",
    message: `with the ${storage.name} backend metrics live in the gateway's process only, so there is nothing to read here (${capability.reason}); ask the gateway, or use mode remote, which stores them`,
    operation: "metrics.query",
    backend: storage.name,
  });
}

function dimensions(names: readonly string[]): MetricDimension[] {
  for (const name of names) {
    if (name !== "agentId" && name !== "teamId" && !/^labels\../.test(name)) {
      throw new UsageError(`--group-by names ${JSON.stringify(name)}; allowed: agentId, teamId, labels.KEY`);
    }
  }
  return names as MetricDimension[];
}
