import type { HoldRegister } from "../holds/record.js";
import type { ArchiveCatalog } from "../retention/archive.js";
import type { ConflictingRetentionPolicy } from "../retention/conflicting-policy.js";
import type { Lease } from "../retention/lease.js";
import type { RetentionHistory } from "../retention/run.js";
import type {
  Dataset,
  Partition,
  PartitionDropOptions,
  PartitionMeasure,
  PartitionReadOptions,
  PartitionSlice,
  StoredEvent,
} from "./partition.js";

/**
 * What retention stands on. A partition is a range of time: one that vanished since it was listed is an empty one for
 * `measure`, `read` and `drop`. These three take a part of a partition too: rows that a {@link Selection} picks, or those
 * committed up to a position. Where metrics live in memory they have no partitions, and all three are `unsupported` for them.
 */
export interface TierStore extends RetentionHistory, HoldRegister, ArchiveCatalog {
  /** Oldest first; only partitions that hold rows. @throws `invalid_argument` for an unknown dataset */
  partitions(dataset: Dataset): Promise<Partition[]>;
  /**
   * Counts a partition or a part of it, exactly.
   * @throws `invalid_argument` for a bad partition, selection or position
   */
  measure(partition: Partition, part?: PartitionSlice): Promise<PartitionMeasure>;
  /** @throws `unsupported` where the capability `compression` is; `not_found` when the partition is gone */
  compress(partition: Partition): Promise<Partition>;
  /**
   * Every event of an audit partition or of a part of it, oldest first, in bounded memory; none when the partition vanished.
   * An abort throws the signal's reason.
   * @throws `invalid_argument` for a bad partition, selection or position, or an unknown option; `unsupported` for metrics
   */
  read(partition: Partition, options?: PartitionReadOptions): AsyncIterable<StoredEvent>;
  /**
   * Deletes the partition's rows, or the part of them that is meant. A partition whose rows are all meant goes as a whole;
   * else it is done in steps, and an interruption leaves the rest in place, as a partition with fewer rows. Rows that arrive
   * after they were counted stay. Rows under a legal hold are never deleted, whatever is selected. A partition that vanished
   * holds no rows: dropping it with `expect.rows` of 0 answers 0.
   * @returns how many rows were deleted
   * @throws `conflict` when the part does not hold `expect.rows` rows, or a legal hold covers one of them; and
   * `invalid_argument`; nothing is deleted then. `conflict` too when a hold that covers one of them is placed meanwhile: the
   * rest stays. An abort throws the signal's reason.
   */
  drop(partition: Partition, options: PartitionDropOptions): Promise<{ rows: number }>;
  /**
   * Puts events back as they were, `recordedAt` included, whatever the limits on new ones; idempotent. They are
   * committed together, and tails deliver them, since that is when they were committed. Restore millions by the
   * thousand: all events of a call are checked in one go.
   * @returns `duplicates`: stored with the same content before; `conflicts`: their key holds other content, which stays
   * @throws `invalid_argument` that names position and member of the first bad event; nothing is inserted then
   */
  insert(events: readonly StoredEvent[]): Promise<{ inserted: number; duplicates: number; conflicts: number }>;
  /** What else removes rows of our tables; empty where nothing does. */
  conflictingPolicies(): Promise<ConflictingRetentionPolicy[]>;
  /** `undefined` when somebody else holds it. @param ttlMs 1,000 to 86,400,000 */
  lease(name: string, ttlMs: number): Promise<Lease | undefined>;
}
