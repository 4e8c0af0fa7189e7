import { type MetricQuery, type MetricSeries, type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { formatJson } from "../../terminal/json.js";

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
  const capability = storage.capabilities.metrics_persistence;
  if (capability.status !== "unsupported") return;
  throw new StorageError({
    code: "unsupported",
    message: `with the ${storage.name} backend metrics live in the gateway's process only, so there is nothing to read here (${capability.reason}); ask the gateway, or use mode remote, which stores them`,
    operation: "metrics.query",
    backend: storage.name,
  });
}
