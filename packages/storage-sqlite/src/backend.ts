import type { StorageBackend } from "@agent-assembly/storage-core";
import {
  createAgentRegistry,
  createApiTokenStore,
  createErasure,
  createEvidenceSupport,
  createHoldStore,
  createMetricStore,
  createPartitionStore,
  createPolicyStore,
  createRetentionSupport,
  DriverAuditStore,
  guardBackend,
} from "@agent-assembly/storage-core/backend";
import { MemoryMetricDriver } from "@agent-assembly/storage-core/memory";
import { createStateSupport } from "@agent-assembly/storage-core/state";
import { createSqliteAuditDriver } from "./audit/driver.js";
import { ErasedMarkers } from "./audit/erased-markers.js";
import { Positions } from "./audit/position.js";
import { AuditReader } from "./audit/reader.js";
import { AuditTail } from "./audit/tail.js";
import { AuditWriter } from "./audit/writer.js";
import { SQLITE_CAPABILITIES } from "./capabilities.js";
import { openConnections } from "./connections.js";
import { DroppedCounts } from "./counts/dropped.js";
import { CountRemoval } from "./counts/removal.js";
import { drizzleOn } from "./driver/drizzle.js";
import { classifySqliteError, locationOf } from "./driver/errors.js";
import { EventLoopYielder } from "./driver/event-loop-yielder.js";
import { IdleCheckpoint } from "./driver/idle-checkpoint.js";
import { StatementCache } from "./driver/statement-cache.js";
import { WriteQueue } from "./driver/write-queue.js";
import { SqliteErasureDriver } from "./erasure/driver.js";
import { FileScrubber } from "./erasure/scrub.js";
import { SqliteEvidenceDriver } from "./evidence/driver.js";
import { CountFolder } from "./folding/folder.js";
import { CountReader } from "./folding/reader.js";
import { sqliteHealth } from "./health.js";
import { parseSqliteOptions, type SqliteStorageOptions } from "./options.js";
import { createSqlitePartitionDriver } from "./partitions/driver.js";
import { PartDropper } from "./partitions/drop.js";
import { PartReader } from "./partitions/read.js";
import { openRecords } from "./records/open-records.js";
import { openPolicyChanges } from "./records/policy-changes.js";
import { SqlitePolicyDriver } from "./records/policy-driver.js";
import { RecordedEvents } from "./records/recorded-events.js";
import { defineFunctions } from "./scan/functions.js";
import { ScanPool } from "./scan/pool.js";

/** How often a wait looks again: a look is a read of one row, and decisions of this process end a wait at once. */
const WAIT_POLL_MS = 100;

/**
 * Opens, and where `options.migrate` says so creates or migrates, the store in one file.
 * @throws `invalid_argument`, `permission_denied`, `corrupt`, `schema_newer`, `schema_outdated`, `migration_failed`,
 *   `busy`, `full`; the file stays as it was
 * @example
 * ```ts
 * import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
 *
 * await using storage = await openSqliteStorage({ path: "audit.db" });
 * for await (const event of storage.audit.stream({ agentId: "agent-1" })) console.log(event.ts, event.action);
 * ```
 */
export async function openSqliteStorage(options: SqliteStorageOptions): Promise<StorageBackend> {
  const resolved = parseSqliteOptions(options);
  const {
    path,
    limits,
    clock,
    busyTimeoutMs,
    tailPollMs,
    inlineScanBytes: inlineBytes,
    tokenKeys,
    readOnly,
    governanceEvents,
  } = resolved;
  const connections = await openConnections(resolved);
  const { writer, reader } = connections;
  defineFunctions(reader);

  const closing = new AbortController();
  const yielder = new EventLoopYielder();
  const queue = new WriteQueue(writer, { timeoutMs: busyTimeoutMs, path }, yielder, readOnly);
  const statements = new StatementCache(reader);
  const scans = new ScanPool({ path: connections.path, inlineBytes, connection: reader, statements, yielder });
  const positions = new Positions(statements, { keys: tokenKeys });
  const tail = new AuditTail(statements, tailPollMs, closing.signal, positions);
  const checkpoint = new IdleCheckpoint(queue, scans);
  const counts = new CountReader(reader, scans);
  const folder = new CountFolder({ scans, queue, checkpoint });
  const dropped = new DroppedCounts(writer);
  const markers = new ErasedMarkers(writer);
  const writes = new StatementCache(writer);
  const auditWriter = new AuditWriter(queue, { checkpoint, tail, counts: folder, dropped, erased: markers });
  const auditReader = new AuditReader(statements, scans, yielder);
  const writeDb = drizzleOn(writer);
  const readDb = drizzleOn(reader);
  const events = governanceEvents ? new RecordedEvents(writer, { checkpoint, tail, counts: folder }) : undefined;
  const records = openRecords({ reads: statements, writes, queue, yielder, clock, events });
  const evidence = new SqliteEvidenceDriver({ reads: statements, writes, queue, yielder, tail, events });
  const policyChanges = openPolicyChanges(reader, path, closing.signal);
  const onPolicyChange = (name: string): void => policyChanges.changed(name);

  const audit = createSqliteAuditDriver({ writer: auditWriter, reader: auditReader, tail, scans, counts, clock });
  const partitions = createPartitionStore(
    createSqlitePartitionDriver({
      reader: new PartReader(statements, scans),
      dropper: new PartDropper(statements, scans, queue, checkpoint, new CountRemoval(writer), dropped),
      scans,
      counts,
      positions,
      newest: () => tail.newest(),
    }),
    { audit, capabilities: SQLITE_CAPABILITIES },
  );

  const close = async (): Promise<void> => {
    closing.abort();
    await auditWriter.idle();
    await folder.close();
    await queue.idle();
    await scans.close();
    await connections.close();
  };

  if (!readOnly) folder.start();
  const log = new DriverAuditStore(audit, { limits, clock, tokenKeys });
  return guardBackend(
    {
      name: "sqlite",
      location: path,
      capabilities: SQLITE_CAPABILITIES,
      audit: log,
      agents: createAgentRegistry(records.agents, tokenKeys),
      policies: createPolicyStore(
        new SqlitePolicyDriver(readDb, writeDb, queue, yielder, onPolicyChange, events),
        clock,
      ),
      metrics: createMetricStore(new MemoryMetricDriver(), log),
      partitions,
      holds: createHoldStore(records.holds),
      apiTokens: createApiTokenStore(records.apiTokens),
      retentionSupport: createRetentionSupport({ ...records, partitions }),
      evidenceSupport: createEvidenceSupport(evidence),
      ...createErasure({
        driver: new SqliteErasureDriver({
          writes,
          markers,
          counts: new CountRemoval(writer),
          read: new ErasedMarkers(reader),
          queue,
          yielder,
          checkpoint,
          scrubber: new FileScrubber({ queue, scans, path: connections.path }),
        }),
        audit,
        ...records,
        evidence,
      }),
      stateSupport: createStateSupport(records.approvals, policyChanges, {
        backend: "sqlite",
        pollMs: WAIT_POLL_MS,
        tokenKeys,
        classify: classifySqliteError,
        location: locationOf(path),
      }),
      health: () => sqliteHealth(reader, path, [...connections.notes, ...folder.notes]),
      close,
      [Symbol.asyncDispose]: close,
    },
    { classify: classifySqliteError, location: locationOf(path) },
  );
}
