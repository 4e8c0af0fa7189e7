import { TableAgentRegistry } from "../agents/create-store.js";
import { DriverAuditStore } from "../audit/create-store.js";
import { resolveAuditLimits } from "../audit/limits.js";
import type { AuditEventRow } from "../audit/row.js";
import type { AuditLimits } from "../audit/store.js";
import type { StorageBackend } from "../backend.js";
import { degraded, unsupported } from "../capabilities.js";
import { invalidArgument } from "../errors.js";
import { guardBackend } from "../guard.js";
import { TablePolicyStore } from "../policies/create-store.js";
import { retentionSupport } from "../retention/support.js";
import { checkKeys, checkObject } from "../support/input.js";
import { type Clock, systemClock } from "../time/clock.js";
import { MemoryAgentTable } from "./agent-table.js";
import { MemoryArchives } from "./archives.js";
import { MemoryAuditDriver } from "./audit-driver.js";
import { EventTable } from "./event-table.js";
import { MemoryLeases } from "./leases.js";
import { MemoryLegalHolds } from "./legal-holds.js";
import { MemoryMetricStore } from "./metric-store.js";
import { MemoryPartitionStore } from "./partition-store.js";
import { MemoryPolicyTable } from "./policy-table.js";
import { MemoryRetentionRuns } from "./retention-runs.js";

/** Options of {@link openMemoryStorage}. */
export interface MemoryStorageOptions {
  readonly limits?: AuditLimits | undefined;
  /** Milliseconds since the epoch; default the system's clock. */
  readonly clock?: Clock | undefined;
}

const tables = new WeakMap<StorageBackend, EventTable>();

/**
 * The reference backend: everything in this process's memory, gone when it ends. Defines what the other backends must
 * answer.
 * @throws `invalid_argument`
 * @example
 * ```ts
 * import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
 *
 * await using storage = openMemoryStorage();
 * await storage.agents.register({ agentId: "agent-1", teamId: "support" });
 * console.log((await storage.agents.list({ teamId: "support" })).items);
 * ```
 */
export function openMemoryStorage(options: MemoryStorageOptions = {}): StorageBackend {
  checkObject("options", options);
  checkKeys("options", options, ["limits", "clock"]);
  const clock = options.clock ?? systemClock;
  const closing = new AbortController();
  const table = new EventTable();
  const agents = new MemoryAgentTable();
  const audit = new MemoryAuditDriver(table, {
    metadataOf: (agentId) => agents.metadataOf(agentId),
    closing: closing.signal,
  });
  const holds = new MemoryLegalHolds(clock);
  const partitions = new MemoryPartitionStore(table, holds, () => audit.wakeTails());
  const close = async (): Promise<void> => closing.abort();
  const backend = guardBackend({
    name: "memory",
    capabilities: {
      durability: unsupported("data lives in this process's memory"),
      multiProcess: unsupported("data lives in this process's memory"),
      metricsPersistence: unsupported("data lives in this process's memory"),
      partitions: unsupported("memory is not partitioned"),
      compression: unsupported("memory is not compressed"),
      continuousRollups: degraded("metrics are aggregated when they are asked for"),
    },
    audit: new DriverAuditStore(audit, { limits: resolveAuditLimits(options.limits), clock }),
    agents: new TableAgentRegistry(agents, clock),
    policies: new TablePolicyStore(new MemoryPolicyTable(), clock),
    metrics: new MemoryMetricStore(),
    partitions,
    holds,
    retentionSupport: retentionSupport({
      partitions,
      leases: new MemoryLeases(clock),
      runs: new MemoryRetentionRuns(),
      archives: new MemoryArchives(),
    }),
    health: async () => ({ status: "ok", backend: "memory", latencyMs: 0, problems: [], details: {} }),
    close,
    [Symbol.asyncDispose]: close,
  });
  tables.set(backend, table);
  return backend;
}

/** What is stored, read past the audit store under test. @throws `invalid_argument` for another kind of backend */
export function storedEventsOf(backend: StorageBackend): readonly AuditEventRow[] {
  const table = tables.get(backend);
  if (table === undefined) throw invalidArgument("storedEventsOf", "takes what openMemoryStorage returned");
  return table.ordered("oldest");
}
