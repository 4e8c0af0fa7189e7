import { isStorageError, type MetricInfo, type StorageBackend } from "@agent-assembly/storage-core";
import { safeCause } from "@agent-assembly/storage-core/backend";
import { formatCount } from "../../terminal/format.js";
import type { Field } from "../../terminal/table.js";

/** How much of a metric there was today, and on the days before; days of UTC. */
export interface MetricUsage {
  readonly metric: string;
  readonly unit?: string;
  /** Since midnight; `null` where the query failed. */
  readonly today: number | null;
  /** Mean of the seven days before; `null` where the query failed. */
  readonly dailyMean: number | null;
  /** Why the query failed. */
  readonly error?: string;
}

const DAY_MS = 86_400_000;
const DAYS = 7;
/** A store may have many metrics; a status shows a few. */
const MOST_METRICS = 6;
const WELL_KNOWN: ReadonlySet<string> = new Set(["tokens", "cost_usd"]);

/** Today's denials, and tokens and cost where they are stored, against the days before; metrics without any are left out. */
export async function readUsage(storage: StorageBackend, now: number): Promise<MetricUsage[]> {
  const recorded = await recordedMetrics(storage, now);
  if (typeof recorded === "string") return [failed("metrics", recorded), ...(await usageOf(storage, "denials", now))];
  const usages = await Promise.all([...recorded, "denials"].map((metric) => usageOf(storage, metric, now)));
  return usages.flat();
}

/** Names of the metrics of tokens and of cost that have recent samples; or why that is not known. */
async function recordedMetrics(storage: StorageBackend, now: number): Promise<string[] | string> {
  if (storage.capabilities.metricsPersistence.status === "unsupported") return [];
  try {
    const metrics = await storage.metrics.list();
    return metrics
      .filter((metric) => isUsage(metric) && (metric.last?.getTime() ?? 0) >= startOfDays(now))
      .slice(0, MOST_METRICS)
      .map(({ name }) => name);
  } catch (error) {
    return messageOf(error);
  }
}

function isUsage({ name, source, unit, kind }: MetricInfo): boolean {
  if (source !== "recorded" || kind === "gauge") return false;
  return WELL_KNOWN.has(name) || unit === "tokens" || /^[A-Z]{3}$/.test(unit ?? "");
}

async function usageOf(storage: StorageBackend, metric: string, now: number): Promise<MetricUsage[]> {
  const from = startOfDays(now);
  const today = from + DAYS * DAY_MS;
  try {
    const [series] = await storage.metrics.query({
      metric,
      aggregate: "sum",
      from: new Date(from),
      to: new Date(today + DAY_MS),
      bucket: { every: "1d" },
    });
    if (series === undefined) return [];
    const before = series.points.filter(({ ts }) => ts.getTime() < today);
    return [
      {
        metric,
        ...(series.unit === undefined ? {} : { unit: series.unit }),
        today: series.points.find(({ ts }) => ts.getTime() === today)?.value ?? 0,
        dailyMean: before.reduce((sum, { value }) => sum + (value ?? 0), 0) / DAYS,
      },
    ];
  } catch (error) {
    return [failed(metric, messageOf(error))];
  }
}

function startOfDays(now: number): number {
  return (Math.floor(now / DAY_MS) - DAYS) * DAY_MS;
}

function failed(metric: string, error: string): MetricUsage {
  return { metric, today: null, dailyMean: null, error };
}

function messageOf(error: unknown): string {
  return isStorageError(error) ? error.message : safeCause(error).message;
}

/** A line for each metric; nothing when that took too long to find out. */
export function usageFields(usages: readonly MetricUsage[] | null): Field[] {
  return (usages ?? []).map((usage): Field => [`${nameOf(usage)} today`, usageText(usage)]);
}

function nameOf({ metric }: MetricUsage): string {
  return metric === "cost_usd" ? "cost" : metric;
}

/** `12 (7 days before: 8.3 a day, +45%)`. */
function usageText({ today, dailyMean, unit, error }: MetricUsage): string {
  if (today === null || dailyMean === null) return `not known: ${error?.split("\n")[0] ?? ""}`;
  const isCount = unit === undefined || unit === "events" || unit === "tokens";
  const amount = (value: number): string => amountText(value, isCount ? 1 : 2);
  const change = dailyMean === 0 ? "" : `, ${signedPercent(today / dailyMean - 1)}`;
  return `${amount(today)}${isCount ? "" : ` ${unit}`} (${DAYS} days before: ${amount(dailyMean)} a day${change})`;
}

function signedPercent(part: number): string {
  const percent = Math.round(part * 100);
  return `${percent > 0 ? "+" : ""}${percent}%`;
}

/** Whole from a hundred on; below one with two digits that tell something. */
function amountText(value: number, decimals: number): string {
  const size = Math.abs(value);
  if (Number.isInteger(value) || size >= 100) return formatCount(Math.round(value));
  return String(Number(size >= 1 ? value.toFixed(decimals) : value.toPrecision(2)));
}
