import type { ResolvedConnectionOptions } from "../options.js";

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

/** Continuous aggregates that versions of the schema before had, and what replaced them. */
export const FORMER_AGGREGATES = [
  { name: "metric_rollups", source: "metrics", replacement: "totals of metrics" },
  { name: "audit_counts", source: "audit_events", replacement: "kept counts of events" },
] as const;
