import type { AuditEvent } from "../audit/event.js";
import type { RestoredEvidence } from "../evidence/log.js";
import type {
  Dataset,
  Partition,
  PartitionDropOptions,
  PartitionMeasure,
  PartitionReadOptions,
  PartitionSlice,
} from "./partition.js";

/** Options of {@link PartitionStore.restore}. */
export interface RestoreEventsOptions {
  /** The leaves that the events have in the log of a store whose events are sealed. @default none: they are sealed as new events */
  readonly evidence?: RestoredEvidence | undefined;
}

/**
 * The time slices of audit events and metrics. A partition is a range of time: a partition that disappeared after it
 * was listed counts as empty for `measure`, `read` and `drop`. All three also accept a slice of a partition: the rows
 * that a `Selection` picks, or those committed up to a position. Metrics kept in memory have no partitions; all
 * three are `unsupported` for them.
 */
export interface PartitionStore {
  /** Oldest first; only partitions that contain rows. @throws `invalid_argument` for an unknown dataset */
  list(dataset: Dataset): Promise<Partition[]>;
  /**
   * Counts the rows of a partition or slice exactly.
   * @throws `invalid_argument` for a bad partition, selection or position
   */
  measure(partition: Partition, options?: PartitionSlice): Promise<PartitionMeasure>;
  /**
   * @throws `unsupported` where the capability `compression` is unsupported; `not_found` when the partition no longer
   *   exists
   */
  compress(partition: Partition): Promise<Partition>;
  /**
   * Reads every event of an audit partition or slice, oldest first, in bounded memory; none when the partition no
   * longer exists. An abort throws the signal's reason.
   * @throws `invalid_argument` for a bad partition, selection or position, or an unknown option; `unsupported` for
   *   metrics
   */
  read(partition: Partition, options?: PartitionReadOptions): AsyncIterable<AuditEvent>;
  /**
   * Deletes the selected rows of a partition. A partition whose rows are all selected is dropped as a whole. Otherwise
   * rows are deleted in steps, and an interruption leaves the remaining rows in place. Rows that arrive after the count
   * stay. Rows under a legal hold are never deleted. A partition that no longer exists has no rows: dropping it with
   * `expect.rows` of 0 returns 0.
   * @returns how many rows were deleted
   * @throws `invalid_argument`, or `conflict` when the slice does not contain `expect.rows` rows or a legal hold covers
   *   one of them; nothing is deleted then. Also `conflict` when such a hold is placed during the drop: the remaining
   *   rows stay. An abort throws the signal's reason.
   */
  drop(partition: Partition, options: PartitionDropOptions): Promise<{ rows: number }>;
  /**
   * Restores events unchanged, including `recordedAt`; limits on new events do not apply. Idempotent. The events of one
   * call are validated and committed together, and tails deliver them as newly committed. Restore large archives in
   * batches of about a thousand. Where events are sealed, use `restoreArchive` of `@agent-assembly/retention`, which says which leaves
   * the events have.
   * @returns `duplicates`: already stored with the same content; `conflicts`: the key is stored with other content,
   *   which stays
   * @throws `invalid_argument` naming the position and member of the first invalid event; nothing is inserted then. `unsupported` for
   *   leaves where the capability `evidence` is unsupported
   */
  restore(
    events: readonly AuditEvent[],
    options?: RestoreEventsOptions,
  ): Promise<{ inserted: number; duplicates: number; conflicts: number }>;
}
