import type { AuditEventRow } from "../audit/row.js";
import type { Partition, PartitionReadOptions } from "../partitions/partition.js";
import type { ArchiveCatalog } from "./archive.js";
import type { ConflictingRetentionPolicy } from "./conflicting-policy.js";
import type { Lease } from "./lease.js";
import type { RetentionHistory } from "./run.js";

/** What `@agent-assembly/retention` keeps in a store: who is working, what was done and what is archived. */
export interface RetentionSupport extends RetentionHistory, ArchiveCatalog {
  /**
   * Reads an audit partition or slice as `PartitionStore.read` does, in the form in which the store holds it, some hundred
   * rows at a time.
   * @throws as `PartitionStore.read` does
   */
  readRows(partition: Partition, options?: PartitionReadOptions): AsyncIterable<readonly AuditEventRow[]>;
  /** @returns `undefined` when another owner holds it. @param ttlMs 1,000 to 86,400,000 */
  lease(name: string, ttlMs: number): Promise<Lease | undefined>;
  /** Other mechanisms that remove rows from our tables; empty when there are none. */
  conflictingPolicies(): Promise<ConflictingRetentionPolicy[]>;
}

/** What a backend brings for {@link RetentionSupport}: the records that retention depends on. */
export interface RetentionSupportParts {
  readonly partitions: Pick<RetentionSupport, "readRows">;
  readonly leases: { acquire(name: string, ttlMs: number): Promise<Lease | undefined> };
  readonly runs: RetentionHistory;
  readonly archives: ArchiveCatalog;
  /** Default: none. */
  readonly conflictingPolicies?: () => Promise<ConflictingRetentionPolicy[]>;
}

/** Joins the parts of a backend to its role. */
export function retentionSupport({
  partitions,
  leases,
  runs,
  archives,
  conflictingPolicies = async () => [],
}: RetentionSupportParts): RetentionSupport {
  return {
    readRows: (partition, options) => partitions.readRows(partition, options),
    lease: (name, ttlMs) => leases.acquire(name, ttlMs),
    recordRun: (run) => runs.recordRun(run),
    runs: (options) => runs.runs(options),
    recordArchive: (record, options) => archives.recordArchive(record, options),
    forgetArchive: (archiveId) => archives.forgetArchive(archiveId),
    archives: (options) => archives.archives(options),
    conflictingPolicies,
  };
}
