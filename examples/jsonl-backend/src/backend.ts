import type { AuditLimits, Clock, StorageBackend, StorageError, StorageHealth } from "@agent-assembly/storage-core";
import {
  type AgentRow,
  type ApiTokenRow,
  type ArchiveRow,
  type AuditEventRow,
  type AuditStoreOptions,
  checkKeys,
  checkObject,
  createAgentRegistry,
  createApiTokenStore,
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
  parseGovernanceEvents,
  parseText,
  parseTokenKey,
  type RunRow,
  refuseErasure,
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
  /** As in `OpenOptions`. */
  readonly governanceEvents?: boolean | undefined;
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
  erasure: unsupported("the file is append-only: what is erased would stay in it"),
  apiTokens: SUPPORTED,
};

/**
 * Opens a store in one file, which is read into memory; creates it when it is missing.
 * @throws `invalid_argument`, `busy`, `corrupt`, `schema_newer`, `permission_denied`, `full`
 */
export async function openJsonlStorage(options: JsonlStorageOptions): Promise<StorageBackend> {
  checkObject("options", options);
  checkKeys("options", options, ["path", "limits", "clock", "tokenKey", "governanceEvents"]);
  const path = parseText("options.path", options.path);
  const { clock = systemClock } = options;
  const limits = parseAuditLimits(options.limits);
  const tokenKeys = parseTokenKey(options.tokenKey);
  const governanceEvents = parseGovernanceEvents(options.governanceEvents);
  let journal: Journal | undefined;
  try {
    journal = new Journal(path);
    return await openOn(journal, { limits, clock, tokenKeys, governanceEvents });
  } catch (error) {
    journal?.close();
    const location = { kind: KIND, place: path };
    throw withContext(fileError(error, location), { operation: "open", backend: NAME, location });
  }
}

/** All data is in memory, and every change is written to the journal before it is made there. */
async function openOn(
  journal: Journal,
  { limits, clock, tokenKeys, governanceEvents }: AuditStoreOptions & { readonly governanceEvents: boolean },
): Promise<StorageBackend> {
  const record = (kind: string) => (change: unknown) => journal.write(kind, change);
  const events = new MemoryEventTable(record("events"));
  // The line of a change has the event that records it, so that neither is there without the other.
  const storeEvent = governanceEvents ? (event: AuditEventRow): void => audit.storeRecorded(event) : undefined;
  const table = <Row extends object>(kind: string, key: keyof Row & string) =>
    new MemoryKeyedTable<Row>(key, clock, { beforeChange: record(kind), storeEvent });
  const agents = table<AgentRow>("agents", "agentId");
  const holds = table<HoldRow>("holds", "holdId");
  const apiTokens = table<ApiTokenRow>("apiTokens", "tokenId");
  const leases = table<LeaseRow>("leases", "name");
  const runs = table<RunRow>("runs", "runId");
  const archives = table<ArchiveRow>("archives", "archiveId");
  const approvals = table<ApprovalRow>("approvals", "requestId");
  const policies = new MemoryPolicyDriver((change) => journal.write("policies", toPolicyLine(change)), storeEvent);
  const replayed = <Change extends { readonly event?: AuditEventRow }>(apply: (change: Change) => void) => ({
    apply(change: Change) {
      apply(change);
      if (change.event !== undefined) events.apply({ inserted: [change.event] });
    },
  });
  const records = Object.entries({ agents, apiTokens, holds, leases, runs, archives, approvals });
  await journal.replay({
    ...Object.fromEntries(records.map(([kind, part]) => [kind, replayed((change) => part.apply(change as never))])),
    events,
    policies: replayed((line: PolicyLine) => policies.apply(fromPolicyLine(line))),
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
      apiTokens: createApiTokenStore(apiTokens),
      retentionSupport: createRetentionSupport({ partitions, leases, runs, archives }),
      ...refuseErasure(CAPABILITIES),
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
