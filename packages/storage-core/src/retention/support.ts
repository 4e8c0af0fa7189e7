import type { AuditEventRow } from "../audit/row.js";
import type { MeasureRequest, Partition, PartitionMeasure, PartitionReadOptions } from "../partitions/partition.js";
import type { KeyedTable } from "../records/keyed-table.js";
import type { ArchiveCatalog } from "./archive.js";
import type { ConflictingRetentionPolicy } from "./conflicting-policy.js";
import { createArchiveCatalog } from "./create-archives.js";
import { createRetentionHistory } from "./create-history.js";
import { createLeases, type LeaseRow } from "./create-leases.js";
import type { Lease } from "./lease.js";
import type { ArchiveRow } from "./parse-archive.js";
import type { RunRow } from "./parse-run.js";
import type { RetentionHistory } from "./run.js";

/** What `@agent-assembly/retention` keeps in a store: who is working, what was done and what is archived. */
export interface RetentionSupport extends RetentionHistory, ArchiveCatalog {
  /**
   * Reads an audit partition or slice as `PartitionStore.read` does, in the form in which the store holds it, some hundred
   * rows at a time.
   * @throws as `PartitionStore.read` does
   */
  readRows(partition: Partition, options?: PartitionReadOptions): AsyncIterable<readonly AuditEventRow[]>;
  /**
   * Measures each of many partitions or slices as `PartitionStore.measure` does, in as few questions to the store as it can.
   * @param requests at most 1,000
   * @returns one measure for each, in the same order
   * @throws as `PartitionStore.measure` does, with the number of a request that is not valid; `too_large` for too many
   */
  measureAll(requests: readonly MeasureRequest[]): Promise<PartitionMeasure[]>;
  /** @returns `undefined` when another owner holds it. @param ttlMs 1,000 to 86,400,000 */
  lease(name: string, ttlMs: number): Promise<Lease | undefined>;
  /** Other mechanisms that remove rows from our tables; empty when there are none. */
  conflictingPolicies(): Promise<ConflictingRetentionPolicy[]>;
}

/** What a backend brings for {@link RetentionSupport}: the records that retention depends on. */
export interface RetentionTables {
  readonly partitions: Pick<RetentionSupport, "readRows" | "measureAll">;
  /** Its clock is the one that leases expire by. */
  readonly leases: KeyedTable<LeaseRow>;
  readonly runs: KeyedTable<RunRow>;
  readonly archives: KeyedTable<ArchiveRow>;
  /** Default: none. */
  readonly conflictingPolicies?: () => Promise<ConflictingRetentionPolicy[]>;
}

/** Implements the rules of {@link RetentionSupport} on a backend's tables. */
export function createRetentionSupport({
  partitions,
  leases,
  runs,
  archives,
  conflictingPolicies = async () => [],
}: RetentionTables): RetentionSupport {
  return {
    readRows: (partition, options) => partitions.readRows(partition, options),
    measureAll: (requests) => partitions.measureAll(requests),
    lease: createLeases(leases),
    ...createRetentionHistory(runs),
    ...createArchiveCatalog(archives),
    conflictingPolicies,
  };
}
