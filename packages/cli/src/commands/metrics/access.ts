import { EVENT_METRICS, isStorageError, type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import { didYouMean, errorInit } from "@agent-assembly/storage-core/backend";
import { UsageError } from "../../exit.js";
import { isEventMetric } from "./dimensions.js";

/** Options of the command line by the members of requests that they set. */
const FLAGS: Readonly<Record<string, string>> = {
  metric: "METRIC",
  agentId: "--agent",
  teamId: "--team",
  labels: "--label",
  from: "--from",
  to: "--to",
  unit: "--unit",
  bucket: "--bucket",
  aggregate: "--aggregate",
  groupBy: "--group-by",
  by: "--by",
  fill: "--fill",
  limit: "--limit",
  method: "--method",
  season: "--season",
  threshold: "--threshold",
  minSamples: "--min-samples",
  window: "--window",
};

/**
 * Asks the store about a metric, where this process can see its samples.
 * @throws UsageError for a request that the store does not accept
 */
export async function askAbout<T>(storage: StorageBackend, metric: string, ask: () => Promise<T>): Promise<T> {
  requireReadable(storage, metric);
  try {
    return await ask();
  } catch (error) {
    throw asUsageError(error);
  }
}

/** Another process cannot see samples that live in the gateway's memory; an empty answer would say there are none. */
function requireReadable(storage: StorageBackend, metric: string): void {
  const capability = storage.capabilities.metricsPersistence;
  if (capability.status !== "unsupported" || isEventMetric(metric)) return;
  throw new StorageError({
    code: "unsupported",
    message: `with the ${storage.name} backend metrics live in the gateway's process only, so this command cannot read them (${capability.reason})`,
    remedy: `Ask the gateway, use the mode remote, which stores metrics, or ask for a metric from events: ${Object.keys(EVENT_METRICS).join(", ")}.${didYouMean(metric, Object.keys(EVENT_METRICS))}`,
    operation: "metrics.query",
    backend: storage.name,
  });
}

/** A request that is refused because of an option is a command line that is wrong; any other error stays as it is. */
function asUsageError(error: unknown): unknown {
  if (!isStorageError(error, "invalid_argument") || error.option === undefined) return error;
  const [, member = ""] = /^(?:query|request)(?:\.(\w+))?/.exec(error.option) ?? [];
  const flag = FLAGS[member];
  const init = errorInit(error);
  // Some remedies name members of requests, which are no options here.
  if (/\b(?:query|request)\./.test(init.remedy ?? ""))
    return asUsageError(new StorageError({ ...init, remedy: undefined }));
  if (flag !== undefined) return new UsageError(new StorageError({ ...init, option: flag }).message);
  return member === "" ? new UsageError(new StorageError({ ...init, option: "the command" }).message) : error;
}

/**
 * For an answer without samples.
 * @throws UsageError when there is no such metric at all
 */
export async function requireKnownMetric(storage: StorageBackend, metric: string): Promise<void> {
  const known = (await storage.metrics.list()).map(({ name }) => name);
  if (known.includes(metric)) return;
  throw new UsageError(
    `No samples match: there is no metric ${JSON.stringify(metric)}.${didYouMean(metric, known)} See aasm metrics list.`,
  );
}
