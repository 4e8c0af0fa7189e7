import type { AuditEvent } from "../audit/event.js";

/** What can be moved through hot, warm and cold. */
export type TierDataset = "audit" | "metrics";

/** A time-ordered, non-overlapping part of a dataset: a chunk on TimescaleDB, a UTC day elsewhere. */
export interface Segment {
  readonly dataset: TierDataset;
  /** Stable while the segment exists. */
  readonly id: string;
  /** Inclusive. */
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
  readonly rows: number;
  /** Bytes on disk; an estimate where the store cannot tell exactly. */
  readonly bytes: number;
  readonly tier: "hot" | "warm";
}

export type StoredEvent = AuditEvent;

export interface RetentionRun {
  readonly runId: string;
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly outcome: "succeeded" | "failed" | "interrupted";
  /** Rows that left the store. */
  readonly rows: number;
  readonly bytes: number;
  /** Human-readable; empty when all went well. */
  readonly detail: string;
}

/** A time-limited, exclusive right among all processes that share the store. */
export interface Lease extends AsyncDisposable {
  readonly name: string;
  readonly expiresAt: Date;
  /** False when the lease was lost to somebody else meanwhile. */
  renew(): Promise<boolean>;
  /** Idempotent. */
  release(): Promise<void>;
}

/**
 * What retention stands on. A segment is a range of time: one that vanished since it was listed is an empty one for
 * `read` and `drop`.
 */
export interface TierStore {
  /** Oldest first; only segments that hold rows. @throws `invalid_argument` for an unknown dataset */
  segments(dataset: TierDataset): Promise<Segment[]>;
  /** @throws `unsupported` where the capability `compression` is; `not_found` when the segment is gone */
  compress(segment: Segment): Promise<Segment>;
  /**
   * Every event of an audit segment, oldest first, in bounded memory; none when the segment vanished. An abort throws
   * the signal's reason.
   * @throws `invalid_argument` for a bad segment or an unknown option; `unsupported` for metrics in memory
   */
  read(segment: Segment, options?: { readonly signal?: AbortSignal | undefined }): AsyncIterable<StoredEvent>;
  /**
   * Deletes the segment's rows. Where the store has no partitions it does so in steps; an interruption leaves the rest
   * in place, as a segment with fewer rows. A segment that vanished holds no rows: dropping it with `expect.rows` of 0
   * answers 0, with any other number it is a `conflict`.
   * @returns how many rows were deleted
   * @throws `conflict` when the segment no longer holds `expect.rows` rows, and `invalid_argument`; nothing is deleted
   * then
   */
  drop(segment: Segment, options: { readonly expect: { readonly rows: number } }): Promise<{ rows: number }>;
  /**
   * Puts events back as they were, `recordedAt` included, whatever the limits on new ones; idempotent. They are
   * committed together, and tails deliver them, since that is when they were committed. Restore millions by the
   * thousand: all events of a call are checked in one go.
   * @returns `duplicates`: stored with the same content before; `conflicts`: their key holds other content, which stays
   * @throws `invalid_argument` that names position and member of the first bad event; nothing is inserted then
   */
  insert(events: readonly StoredEvent[]): Promise<{ inserted: number; duplicates: number; conflicts: number }>;
  /** `undefined` when somebody else holds it. @param ttlMs 1,000 to 86,400,000 */
  lease(name: string, ttlMs: number): Promise<Lease | undefined>;
  /** @throws `conflict` when the `runId` is taken; `invalid_argument` */
  recordRun(run: RetentionRun): Promise<void>;
  /**
   * By `startedAt`, newest first; runs of one instant by `runId`, descending by Unicode code point.
   * @param options `limit`: 1 to 1,000, default 100
   * @throws `invalid_argument`
   */
  runs(options?: { readonly limit?: number | undefined }): Promise<RetentionRun[]>;
}
