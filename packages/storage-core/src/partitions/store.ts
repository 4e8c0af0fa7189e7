import type { HoldRegister } from "../holds/record.js";
import type { ArchiveCatalog } from "../retention/archive.js";
import type { ForeignRetention } from "../retention/conflicting-policy.js";
import type { Lease } from "../retention/lease.js";
import type { RetentionHistory } from "../retention/run.js";
import type {
  Segment,
  SegmentDropOptions,
  SegmentMeasure,
  SegmentPart,
  SegmentReadOptions,
  StoredEvent,
  TierDataset,
} from "./partition.js";

/**
 * What retention stands on. A segment is a range of time: one that vanished since it was listed is an empty one for
 * `measure`, `read` and `drop`. These three take a part of a segment too: rows that a {@link Selection} picks, or those
 * committed up to a position. Where metrics live in memory they have no segments, and all three are `unsupported` for them.
 */
export interface TierStore extends RetentionHistory, HoldRegister, ArchiveCatalog {
  /** Oldest first; only segments that hold rows. @throws `invalid_argument` for an unknown dataset */
  segments(dataset: TierDataset): Promise<Segment[]>;
  /**
   * Counts a segment or a part of it, exactly.
   * @throws `invalid_argument` for a bad segment, selection or position
   */
  measure(segment: Segment, part?: SegmentPart): Promise<SegmentMeasure>;
  /** @throws `unsupported` where the capability `compression` is; `not_found` when the segment is gone */
  compress(segment: Segment): Promise<Segment>;
  /**
   * Every event of an audit segment or of a part of it, oldest first, in bounded memory; none when the segment vanished.
   * An abort throws the signal's reason.
   * @throws `invalid_argument` for a bad segment, selection or position, or an unknown option; `unsupported` for metrics
   */
  read(segment: Segment, options?: SegmentReadOptions): AsyncIterable<StoredEvent>;
  /**
   * Deletes the segment's rows, or the part of them that is meant. A partition whose rows are all meant goes as a whole;
   * else it is done in steps, and an interruption leaves the rest in place, as a segment with fewer rows. Rows that arrive
   * after they were counted stay. Rows under a legal hold are never deleted, whatever is selected. A segment that vanished
   * holds no rows: dropping it with `expect.rows` of 0 answers 0.
   * @returns how many rows were deleted
   * @throws `conflict` when the part does not hold `expect.rows` rows, or a legal hold covers one of them; and
   * `invalid_argument`; nothing is deleted then. `conflict` too when a hold that covers one of them is placed meanwhile: the
   * rest stays. An abort throws the signal's reason.
   */
  drop(segment: Segment, options: SegmentDropOptions): Promise<{ rows: number }>;
  /**
   * Puts events back as they were, `recordedAt` included, whatever the limits on new ones; idempotent. They are
   * committed together, and tails deliver them, since that is when they were committed. Restore millions by the
   * thousand: all events of a call are checked in one go.
   * @returns `duplicates`: stored with the same content before; `conflicts`: their key holds other content, which stays
   * @throws `invalid_argument` that names position and member of the first bad event; nothing is inserted then
   */
  insert(events: readonly StoredEvent[]): Promise<{ inserted: number; duplicates: number; conflicts: number }>;
  /** What else removes rows of our tables; empty where nothing does. */
  foreignRetention(): Promise<ForeignRetention[]>;
  /** `undefined` when somebody else holds it. @param ttlMs 1,000 to 86,400,000 */
  lease(name: string, ttlMs: number): Promise<Lease | undefined>;
}
