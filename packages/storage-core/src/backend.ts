import type { AgentRegistry } from "./agents/store.js";
import type { ApiTokenStore } from "./api-tokens/store.js";
import type { AuditStore } from "./audit/store.js";
import type { Capabilities } from "./capabilities.js";
import type { ErasureSupport } from "./erasure/driver.js";
import type { ErasureStore } from "./erasure/store.js";
import type { EvidenceSupport } from "./evidence/support.js";
import type { HoldStore } from "./holds/store.js";
import type { MetricStore } from "./metrics/store.js";
import type { PartitionStore } from "./partitions/store.js";
import type { PolicyStore } from "./policies/store.js";
import type { RetentionSupport } from "./retention/support.js";
import type { StateSupport } from "./state/support.js";

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
  /** What is as the options ask and worth knowing, e.g. what the store does without; no reason for another status. */
  readonly notes?: readonly string[];
  /** Measurements that take constant time, e.g. `fileBytes`, `walBytes`; approximate where documented so. */
  readonly details: Readonly<Record<string, string | number | boolean>>;
}

/** A storage backend: one store behind the common interface. */
export interface StorageBackend extends ErasureStore, AsyncDisposable {
  readonly name: "sqlite" | "postgres" | "memory" | (string & {});
  /** Where the data is, for people: a path, or a URL without credentials; absent for memory. */
  readonly location?: string;
  readonly capabilities: Capabilities;
  readonly audit: AuditStore;
  readonly agents: AgentRegistry;
  readonly policies: PolicyStore;
  readonly metrics: MetricStore;
  readonly partitions: PartitionStore;
  readonly holds: HoldStore;
  /** Who may use a gateway over the store; absent where the capability `apiTokens` is unsupported. */
  readonly apiTokens?: ApiTokenStore;
  /** Used by `@agent-assembly/retention`; applications do not call it. */
  readonly retentionSupport: RetentionSupport;
  /** Used by `@agent-assembly/evidence`; absent where the capability `evidence` is unsupported. */
  readonly evidenceSupport?: EvidenceSupport;
  /** Used by `@agent-assembly/evidence` and `@agent-assembly/retention`; absent where the capability `erasure` is unsupported. */
  readonly erasureSupport?: ErasureSupport;
  /** What the store offers to the policy cache and to approvals; absent when it offers nothing. */
  readonly stateSupport?: StateSupport;
  /** Takes constant time, whatever the table sizes. Reports `down` instead of throwing, except when closed. */
  health(): Promise<StorageHealth>;
  /** Refuses new calls, waits for pending writes, ends tails; idempotent. */
  close(): Promise<void>;
}
