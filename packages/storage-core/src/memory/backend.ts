import { createAgentRegistry } from "../agents/create-store.js";
import type { AgentRow } from "../agents/row.js";
import { createApiTokenStore } from "../api-tokens/create-store.js";
import type { ApiTokenRow } from "../api-tokens/row.js";
import { DriverAuditStore } from "../audit/create-store.js";
import { parseAuditLimits } from "../audit/limits.js";
import type { AuditEventRow } from "../audit/row.js";
import type { AuditLimits } from "../audit/store.js";
import type { StorageBackend } from "../backend.js";
import { type Capabilities, degraded, SUPPORTED, unsupported } from "../capabilities.js";
import { createErasure } from "../erasure/create-erasure.js";
import type { ErasureRow } from "../erasure/row.js";
import { invalidArgument } from "../errors.js";
import { createEvidenceSupport } from "../evidence/create-support.js";
import { parseGovernanceEvents } from "../governance/change.js";
import { guardBackend } from "../guard.js";
import { createHoldStore } from "../holds/create-store.js";
import type { HoldRow } from "../holds/row.js";
import { createMetricStore } from "../metrics/store/create-store.js";
import { createPartitionStore } from "../partitions/create-store.js";
import { createPolicyStore } from "../policies/create-store.js";
import { ignoreChange } from "../records/before-change.js";
import { MemoryKeyedTable } from "../records/memory-table.js";
import type { LeaseRow } from "../retention/create-leases.js";
import type { ArchiveRow } from "../retention/parse-archive.js";
import type { RunRow } from "../retention/parse-run.js";
import { createRetentionSupport } from "../retention/support.js";
import { checkKeys, checkObject } from "../support/input.js";
import { type Clock, systemClock } from "../time/clock.js";
import { parseTokenKey } from "../tokens/keys.js";
import { MemoryAuditDriver } from "./audit-driver.js";
import { MemoryErasureDriver } from "./erasure-driver.js";
import { MemoryEventTable } from "./event-table.js";
import { MemoryEvidenceDriver } from "./evidence-driver.js";
import { MemoryMetricDriver } from "./metric-driver.js";
import { MemoryPartitionDriver } from "./partition-driver.js";
import { MemoryPolicyDriver } from "./policy-driver.js";

/** Options of {@link openMemoryStorage}. */
export interface MemoryStorageOptions {
  readonly limits?: AuditLimits | undefined;
  /** Milliseconds since the epoch; default the system's clock. */
  readonly clock?: Clock | undefined;
  /** Signs cursors and positions: a secret of 32 to 512 characters, or up to 8 of which all verify. @default none */
  readonly tokenKey?: string | readonly string[] | undefined;
  /** Whether changes of policies, agents, holds, tokens, retention and archives become audit events. @default true */
  readonly governanceEvents?: boolean | undefined;
}

const MEMORY_CAPABILITIES: Capabilities = Object.freeze({
  durability: unsupported("data lives in this process's memory"),
  multiProcess: unsupported("data lives in this process's memory"),
  metricsPersistence: unsupported("data lives in this process's memory"),
  partitions: unsupported("memory is not partitioned"),
  compression: unsupported("memory is not compressed"),
  continuousRollups: degraded("metrics are aggregated when they are asked for"),
  evidence: SUPPORTED,
  erasure: SUPPORTED,
  apiTokens: SUPPORTED,
});

const tables = new WeakMap<StorageBackend, MemoryEventTable>();

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
  checkKeys("options", options, ["limits", "clock", "tokenKey", "governanceEvents"]);
  const tokenKeys = parseTokenKey(options.tokenKey);
  const governanceEvents = parseGovernanceEvents(options.governanceEvents);
  const clock = options.clock ?? systemClock;
  const closing = new AbortController();
  const table = new MemoryEventTable();
  const storeEvent = governanceEvents ? (event: AuditEventRow): void => audit.storeRecorded(event) : undefined;
  const agents = new MemoryKeyedTable<AgentRow>("agentId", clock, { storeEvent });
  const audit = new MemoryAuditDriver(table, { agents, closing: closing.signal, tokenKeys });
  const holds = new MemoryKeyedTable<HoldRow>("holdId", clock, { storeEvent });
  const partitions = createPartitionStore(new MemoryPartitionDriver(table, holds, tokenKeys), {
    audit,
    capabilities: MEMORY_CAPABILITIES,
  });
  const archives = new MemoryKeyedTable<ArchiveRow>("archiveId", clock, { storeEvent });
  const erasures = new MemoryKeyedTable<ErasureRow>("erasureId", clock, { storeEvent });
  const evidence = new MemoryEvidenceDriver(table, storeEvent);
  const close = async (): Promise<void> => closing.abort();
  const log = new DriverAuditStore(audit, { limits: parseAuditLimits(options.limits), clock, tokenKeys });
  const backend = guardBackend({
    name: "memory",
    capabilities: MEMORY_CAPABILITIES,
    audit: log,
    agents: createAgentRegistry(agents, tokenKeys),
    policies: createPolicyStore(new MemoryPolicyDriver(ignoreChange, storeEvent), clock),
    metrics: createMetricStore(new MemoryMetricDriver(), log),
    partitions,
    holds: createHoldStore(holds),
    apiTokens: createApiTokenStore(new MemoryKeyedTable<ApiTokenRow>("tokenId", clock, { storeEvent })),
    retentionSupport: createRetentionSupport({
      partitions,
      leases: new MemoryKeyedTable<LeaseRow>("name", clock),
      runs: new MemoryKeyedTable<RunRow>("runId", clock, { storeEvent }),
      archives,
    }),
    evidenceSupport: createEvidenceSupport(evidence),
    ...createErasure({
      driver: new MemoryErasureDriver({ table, erasures, holds, evidence }),
      audit,
      erasures,
      holds,
      archives,
      evidence,
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
