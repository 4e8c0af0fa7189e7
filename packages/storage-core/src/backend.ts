import type { AgentRegistry } from "./agents/store.js";
import type { AuditStore } from "./audit/store.js";
import type { Capabilities } from "./capabilities.js";
import type { MetricStore } from "./metrics/store.js";
import type { TierStore } from "./partitions/store.js";
import type { PolicyStore } from "./policies/store.js";
import type { StateSupport } from "./state/support.js";

/** What opening a backend does about its schema: apply what is missing, refuse when something is, or not look. */
export type MigrateMode = "auto" | "check" | "off";

export interface MigrateOptions {
  /** Report what would be done and change nothing. */
  readonly dryRun?: boolean | undefined;
}

export interface MigrationReport {
  /** Version before and after; 0 is an empty database. */
  readonly from: number;
  readonly to: number;
  /** Steps applied by this call (with `dryRun`: that would be), in order. */
  readonly steps: readonly MigrationStepReport[];
  /** What was found and left as it is, for people; absent when there is nothing to say. */
  readonly notes?: readonly string[];
}

export interface MigrationStepReport {
  readonly version: number;
  readonly name: string;
  /** 0 in a dry run. */
  readonly durationMs: number;
}

export interface StorageHealth {
  readonly status: "ok" | "degraded" | "down";
  readonly backend: string;
  /** One round trip to the store, milliseconds. */
  readonly latencyMs: number;
  /** Applied schema version; absent where there is no schema. */
  readonly schemaVersion?: number;
  /** Version of the database software. */
  readonly serverVersion?: string;
  /** Why the status is not `ok`; empty when it is. */
  readonly problems: readonly string[];
  /** Figures a backend can give in constant time, e.g. `fileBytes`, `walBytes`; approximate where it says so. */
  readonly details: Readonly<Record<string, string | number | boolean>>;
}

/** One store, whatever is behind it. */
export interface StorageBackend extends AsyncDisposable {
  readonly name: "sqlite" | "postgres" | "memory" | (string & {});
  readonly capabilities: Capabilities;
  readonly audit: AuditStore;
  readonly agents: AgentRegistry;
  readonly policies: PolicyStore;
  readonly metrics: MetricStore;
  readonly tiers: TierStore;
  /** What hot-path state may stand on; absent where the store offers nothing beyond its roles. */
  readonly stateSupport?: StateSupport;
  migrate(options?: MigrateOptions): Promise<MigrationReport>;
  /** Takes constant time, whatever the table sizes. Reports `down` instead of throwing, except when closed. */
  health(): Promise<StorageHealth>;
  /** Refuses new calls, waits for pending writes, ends tails; idempotent. */
  close(): Promise<void>;
}
