import type { AgentRegistry } from "./agents/store.js";
import type { AuditStore } from "./audit/store.js";
import type { Capabilities } from "./capabilities.js";
import type { HoldStore } from "./holds/store.js";
import type { MetricStore } from "./metrics/store.js";
import type { PartitionStore } from "./partitions/store.js";
import type { PolicyStore } from "./policies/store.js";
import type { RetentionSupport } from "./retention/support.js";
import type { StateSupport } from "./state/support.js";

/** What opening a backend does about its schema: apply missing migrations, fail when one is missing, or not check. */
export type MigrateMode = "auto" | "check" | "off";

/** Options of {@link StorageBackend.migrate}. */
export interface MigrateOptions {
  /** Report what would be done and change nothing. */
  readonly dryRun?: boolean | undefined;
}

/** What {@link StorageBackend.migrate} did, or would do. */
export interface MigrationReport {
  /** Version before and after; 0 is an empty database. */
  readonly from: number;
  readonly to: number;
  /** Steps applied by this call, in order; with `dryRun`, the steps that would be applied. */
  readonly steps: readonly MigrationStepReport[];
  /** Findings that were left unchanged, as readable text; absent when there are none. */
  readonly notes?: readonly string[];
}

/** One applied migration. */
export interface MigrationStepReport {
  readonly version: number;
  readonly name: string;
  /** 0 in a dry run. */
  readonly durationMs: number;
}

/** The state of a store, from {@link StorageBackend.health}: measured in constant time, whatever the number of rows. */
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
  /** Measurements that take constant time, e.g. `fileBytes`, `walBytes`; approximate where documented so. */
  readonly details: Readonly<Record<string, string | number | boolean>>;
}

/** A storage backend: one store behind the common interface. */
export interface StorageBackend extends AsyncDisposable {
  readonly name: "sqlite" | "postgres" | "memory" | (string & {});
  readonly capabilities: Capabilities;
  readonly audit: AuditStore;
  readonly agents: AgentRegistry;
  readonly policies: PolicyStore;
  readonly metrics: MetricStore;
  readonly partitions: PartitionStore;
  readonly holds: HoldStore;
  /** Used by `@agent-assembly/retention`; applications do not call it. */
  readonly retentionSupport: RetentionSupport;
  /** What the store offers to the policy cache and to approvals; absent when it offers nothing. */
  readonly stateSupport?: StateSupport;
  migrate(options?: MigrateOptions): Promise<MigrationReport>;
  /** Takes constant time, whatever the table sizes. Reports `down` instead of throwing, except when closed. */
  health(): Promise<StorageHealth>;
  /** Refuses new calls, waits for pending writes, ends tails; idempotent. */
  close(): Promise<void>;
}
