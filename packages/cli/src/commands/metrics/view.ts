import {
  type MetricPoint,
  type MetricQuery,
  type MetricSeries,
  type StorageBackend,
  StorageError,
} from "@agent-assembly/storage-core";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { formatTime } from "../../terminal/format.js";
import { formatJson } from "../../terminal/json.js";
import type { Style } from "../../terminal/style.js";
import { renderTable } from "../../terminal/table.js";

/** Asks for the series and prints them, as JSON or as `render` has them. */
export function showSeries(
  context: Context,
  query: MetricQuery,
  render: (series: readonly MetricSeries[]) => string,
): Promise<ExitCode> {
  return context.withStorage(async (storage) => {
    requirePersistence(storage);
    const series = await storage.metrics.query(query);
    if (context.json) {
      await context.out.line(formatJson({ query, series }));
    } else if (!series.some(({ points }) => points.some(({ value }) => value !== null))) {
      await context.out.line("No samples match.");
    } else {
      await context.out.write(render(series));
    }
    return EXIT.ok;
  });
}

/** Another process cannot see samples that live in the gateway's memory; an empty answer would say there are none. */
function requirePersistence(storage: StorageBackend): void {
  const capability = storage.capabilities.metricsPersistence;
  if (capability.status !== "unsupported") return;
  throw new StorageError({
    code: "unsupported",
    message: `with the ${storage.name} backend metrics live in the gateway's process only, so this command cannot read them (${capability.reason})`,
    remedy: "Ask the gateway, or use the mode remote, which stores metrics.",
    operation: "metrics.query",
    backend: storage.name,
  });
}

interface Row {
  readonly series: MetricSeries;
  readonly point: MetricPoint;
}

/** A row for each point: when its bucket begins, whose it is, and its value. */
export function renderSeriesTable(series: readonly MetricSeries[], width: number | undefined, style: Style): string {
  const rows = series.flatMap((one) => one.points.map((point): Row => ({ series: one, point })));
  const dimensions = Object.keys(series[0]?.key ?? {});
  return renderTable<Row>(
    rows,
    [
      { title: "FROM", value: ({ point }) => formatTime(point.ts), fixed: true },
      ...dimensions.map((name) => ({ title: name.toUpperCase(), value: (row: Row) => row.series.key[name] ?? "-" })),
      { title: "VALUE", value: ({ point }) => formatValue(point.value), align: "right", fixed: true },
    ],
    width,
    style,
  );
}

/** Without the noise that binary fractions leave in the last digits; `--json` has every digit. */
function formatValue(value: number | null): string {
  return value === null ? "-" : String(Number(value.toPrecision(12)));
}
