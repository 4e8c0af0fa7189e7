import type { MetricInfo } from "@agent-assembly/storage-core";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { csvRecord } from "../../terminal/csv.js";
import { formatCount, formatSecond } from "../../terminal/format.js";
import { formatJson } from "../../terminal/json.js";
import type { Style } from "../../terminal/style.js";
import { renderTable } from "../../terminal/table.js";
import { refuseJsonAndCsv } from "./values.js";

interface ListOptions {
  readonly prefix?: string;
  readonly csv?: boolean;
}

export async function metricsList(context: Context, options: ListOptions): Promise<ExitCode> {
  refuseJsonAndCsv(context, options.csv);
  return context.withStorage(
    async (storage) => {
      const metrics = await storage.metrics.list({ prefix: options.prefix });
      if (context.json) await context.out.line(formatJson({ metrics }));
      else if (options.csv === true) await context.out.write(renderMetricsCsv(metrics));
      else if (metrics.length === 0) await context.out.line("No metrics.");
      else await context.out.write(renderMetrics(metrics, context.width, context.style));
      if (storage.capabilities.metricsPersistence.status === "unsupported") {
        await context.err.line(
          `With the ${storage.name} backend recorded samples are held by the gateway's process only; they are not listed here.`,
        );
      }
      return EXIT.ok;
    },
    { readsOnly: true },
  );
}

/** A row for each metric. */
export function renderMetrics(metrics: readonly MetricInfo[], width: number | undefined, style: Style): string {
  return renderTable<MetricInfo>(
    metrics,
    [
      { title: "NAME", value: ({ name }) => name },
      { title: "SOURCE", value: ({ source }) => source, fixed: true },
      { title: "KIND", value: ({ kind }) => kind ?? "-", fixed: true },
      { title: "UNIT", value: ({ unit }) => unit ?? "-", fixed: true },
      { title: "SAMPLES", value: ({ samples }) => counted(samples), align: "right", fixed: true },
      {
        title: "EVICTED",
        value: ({ evicted }) => (evicted === undefined ? undefined : formatCount(evicted)),
        align: "right",
        fixed: true,
      },
      { title: "FIRST", value: ({ first }) => first && formatSecond(first), fixed: true },
      { title: "LAST", value: ({ last }) => last && formatSecond(last), fixed: true },
      { title: "LABELS", value: labelsText },
    ],
    width,
    style,
  );
}

/** `agents (4), teams (3), model (3)`; of a metric from events the names alone, since counting would read the log. */
function labelsText({ agents, teams, labels }: MetricInfo): string {
  return [["agents", agents] as const, ["teams", teams] as const, ...Object.entries(labels)]
    .filter(([, count]) => count !== 0)
    .map(([name, count]) => (count === null ? name : `${name} (${formatCount(count)})`))
    .join(", ");
}

function counted(samples: number | null): string {
  return samples === null ? "-" : formatCount(samples);
}

function renderMetricsCsv(metrics: readonly MetricInfo[]): string {
  const header = [
    "name",
    "source",
    "kind",
    "unit",
    "decimals",
    "samples",
    "evicted",
    "first",
    "last",
    "agents",
    "teams",
  ];
  return [
    csvRecord([...header, "labels"]),
    ...metrics.map((metric) =>
      csvRecord([
        metric.name,
        metric.source,
        metric.kind,
        metric.unit,
        metric.decimals,
        metric.samples,
        metric.evicted,
        metric.first?.toISOString(),
        metric.last?.toISOString(),
        metric.agents,
        metric.teams,
        Object.entries(metric.labels)
          .map(([name, count]) => (count === null ? name : `${name}=${count}`))
          .join(" "),
      ]),
    ),
  ].join("");
}
