import type { ResolvedConnectionOptions } from "../options.js";
import { intervalMs } from "../sql/interval.js";

/** What the configuration says about TimescaleDB. */
export type TimescaleOptions = Pick<
  ResolvedConnectionOptions,
  "schema" | "timescaledb" | "chunkInterval" | "compressAfter" | "lockTimeoutMs"
>;

export type HypertableName = "audit_events" | "metrics";

export interface DesiredHypertable {
  readonly name: HypertableName;
  /** All rows of a chunk lie in one of these, counted from 1970-01-01 UTC. */
  readonly chunkInterval: string;
  /** Columns with commas and one blank between, as the catalog is read; empty for none. */
  readonly segmentBy: string;
  /** The same, with ` DESC` where it is descending. */
  readonly orderBy: string;
  readonly compressAfter: string;
}

export interface DesiredAggregate {
  readonly name: "audit_counts";
  readonly source: HypertableName;
  /** @param timeBucket the qualified name of the function @param source the qualified name of the table */
  readonly query: (timeBucket: string, source: string) => string;
  /** Only what happened within this time is refreshed; see {@link desiredAggregates}. */
  readonly startOffset: string;
  readonly endOffset: string;
  readonly schedule: string;
}

/**
 * Chosen by measurement, see docs/compression.md. In the order of a page, so that one agent's newest events are read batch
 * after batch and no more of them than it takes.
 */
const AUDIT_COMPRESSION = { segmentBy: "agent_id", orderBy: "ts DESC, event_id DESC" } as const;
const METRIC_COMPRESSION = { segmentBy: "metric", orderBy: "ts DESC" } as const;

export function desiredHypertables(options: TimescaleOptions): readonly DesiredHypertable[] {
  const { chunkInterval, compressAfter } = options;
  return [
    { name: "audit_events", chunkInterval, compressAfter, ...AUDIT_COMPRESSION },
    { name: "metrics", chunkInterval: "1 day", compressAfter, ...METRIC_COMPRESSION },
  ];
}

/**
 * Hourly counts; totals of metrics are kept without TimescaleDB. Refreshing a range whose raw rows were dropped would erase its sums, so a refresh reaches back only as far
 * as rows are young enough to be uncompressed, which retention keeps; dropping something younger narrows it first.
 */
export function desiredAggregates(options: TimescaleOptions): readonly DesiredAggregate[] {
  const common = { startOffset: refreshWindow(options), endOffset: "1 hour", schedule: "1 hour" };
  return [
    {
      ...common,
      name: "audit_counts",
      source: "audit_events",
      query: (timeBucket, source) => `
        SELECT ${timeBucket}('1 hour', ts) AS bucket, agent_id, team_id, action, decision, dry_run, count(*) AS events
        FROM ${source} GROUP BY 1, agent_id, team_id, action, decision, dry_run`,
    },
  ];
}

/** What versions of the schema before 2 had besides, over metrics. */
export const FORMER_AGGREGATE = { name: "metric_rollups", source: "metrics" } as const;

/** A refresh must span two buckets at least. */
const SHORTEST_WINDOW_MS = 4 * 3_600_000;

function refreshWindow({ compressAfter }: TimescaleOptions): string {
  return intervalMs("options.compressAfter", compressAfter) < SHORTEST_WINDOW_MS ? "4 hours" : compressAfter;
}
