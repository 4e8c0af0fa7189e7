import type { AuditLimits, Clock, StorageBackend, StorageError, StorageHealth } from "@agent-assembly/storage-core";
import {
  type AgentRow,
  type ArchiveRow,
  type AuditStoreOptions,
  checkKeys,
  checkObject,
  createAgentRegistry,
  createHoldStore,
  createMetricStore,
  createPartitionStore,
  createPolicyStore,
  createRetentionSupport,
  DriverAuditStore,
  degraded,
  fileError,
  guardBackend,
  type HoldRow,
  type LeaseRow,
  parseAuditLimits,
  parseText,
  parseTokenKey,
  type RunRow,
  SUPPORTED,
  systemClock,
  unsupported,
  withContext,
} from "@agent-assembly/storage-core/backend";
import {
  MemoryEventTable,
  MemoryKeyedTable,
  MemoryMetricDriver,
  MemoryPartitionDriver,
  MemoryPolicyDriver,
} from "@agent-assembly/storage-core/memory";
import { type ApprovalRow, createStateSupport } from "@agent-assembly/storage-core/state";
import { JsonlAuditDriver } from "./audit-driver.js";
import { Journal } from "./journal.js";
import { fromPolicyLine, type PolicyLine, toPolicyLine } from "./policy-json.js";

/** Options of {@link openJsonlStorage}. */
export interface JsonlStorageOptions {
  /** The file; relative to the working folder. It and its folder are created when missing. */
  readonly path: string;
  readonly limits?: AuditLimits | undefined;
  /** Milliseconds since the epoch. @default the system's clock */
  readonly clock?: Clock | undefined;
  /** As in `OpenOptions`. */
  readonly tokenKey?: string | readonly string[] | undefined;
}

const NAME = "jsonl";
const KIND = "JSONL file";

const CAPABILITIES = {
  durability: SUPPORTED,
  multiProcess: unsupported("one process at a time has the file open"),
  metricsPersistence: unsupported("metrics are kept in this process's memory"),
  partitions: unsupported("the file is append-only: deleted events can no longer be read, but stay in it"),
  compression: unsupported("the file is append-only: nothing in it is rewritten"),
  continuousRollups: degraded("metrics are aggregated when they are asked for"),
  evidence: unsupported("events are not sealed"),
};

/**
 * Opens a store in one file, which is read into memory; creates it when it is missing.
 * @throws `invalid_argument`, `busy`, `corrupt`, `schema_newer`, `permission_denied`, `full`
 */
export async function openJsonlStorage(options: JsonlStorageOptions): Promise<StorageBackend> {
  checkObject("options", options);
  checkKeys("options", options, ["path", "limits", "clock", "tokenKey"]);
  const path = parseText("options.path", options.path);
  const { clock = systemClock } = options;
  const limits = parseAuditLimits(options.limits);
  const tokenKeys = parseTokenKey(options.tokenKey);
  let journal: Journal | undefined;
  try {
    journal = new Journal(path);
    return await openOn(journal, { limits, clock, tokenKeys });
  } catch (error) {
    journal?.close();
    const location = { kind: KIND, place: path };
    throw withContext(fileError(error, location), { operation: "open", backend: NAME, location });
  }
}

/** All data is in memory, and every change is written to the journal before it is made there. */
async function openOn(journal: Journal, { limits, clock, tokenKeys }: AuditStoreOptions): Promise<StorageBackend> {
  const record = (kind: string) => (change: unknown) => journal.write(kind, change);
  const agents = new MemoryKeyedTable<AgentRow>("agentId", clock, record("agents"));
  const holds = new MemoryKeyedTable<HoldRow>("holdId", clock, record("holds"));
  const leases = new MemoryKeyedTable<LeaseRow>("name", clock, record("leases"));
  const runs = new MemoryKeyedTable<RunRow>("runId", clock, record("runs"));
  const archives = new MemoryKeyedTable<ArchiveRow>("archiveId", clock, record("archives"));
  const approvals = new MemoryKeyedTable<ApprovalRow>("requestId", clock, record("approvals"));
  const policies = new MemoryPolicyDriver((change) => journal.write("policies", toPolicyLine(change)));
  const events = new MemoryEventTable(record("events"));
  await journal.replay({
    ...{ agents, holds, leases, runs, archives, approvals, events },
    policies: { apply: (line: PolicyLine) => policies.apply(fromPolicyLine(line)) },
  });

  const closing = new AbortController();
  const audit = new JsonlAuditDriver(events, { agents, closing: closing.signal, tokenKeys });
  const partitions = createPartitionStore(new MemoryPartitionDriver(events, holds, tokenKeys), {
    audit,
    capabilities: CAPABILITIES,
  });
  const location = { kind: KIND, place: journal.path };
  const classify = (error: unknown): StorageError => fileError(error, location);
  const close = async (): Promise<void> => {
    closing.abort();
    journal.close();
  };
  const log = new DriverAuditStore(audit, { limits, clock, tokenKeys });
  return guardBackend(
    {
      name: NAME,
      location: journal.path,
      capabilities: CAPABILITIES,
      audit: log,
      agents: createAgentRegistry(agents, tokenKeys),
      policies: createPolicyStore(policies, clock),
      metrics: createMetricStore(new MemoryMetricDriver(), log),
      partitions,
      holds: createHoldStore(holds),
      retentionSupport: createRetentionSupport({ partitions, leases, runs, archives }),
      // Decisions of this process end a wait at once, and there are no others to look for.
      stateSupport: createStateSupport(approvals, undefined, {
        backend: NAME,
        pollMs: 1000,
        classify,
        location,
        tokenKeys,
      }),
      health: async () => healthOf(journal),
      close,
      [Symbol.asyncDispose]: close,
    },
    { classify, location },
  );
}

function healthOf(journal: Journal): StorageHealth {
  const startedAt = performance.now();
  const health = (status: "ok" | "down", problems: string[], details: StorageHealth["details"]): StorageHealth => ({
    status,
    backend: NAME,
    latencyMs: performance.now() - startedAt,
    problems,
    details,
  });
  try {
    return health("ok", [], journal.measure());
  } catch (error) {
    return health("down", [fileError(error, journal.path).message], {});
  }
}
