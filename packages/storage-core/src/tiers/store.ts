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

/** What retention stands on. */
export interface TierStore {
  /** Oldest first. */
  segments(dataset: TierDataset): Promise<Segment[]>;
  /** @throws `unsupported` where the capability `compression` is; `not_found` when the segment is gone */
  compress(segment: Segment): Promise<Segment>;
  /** Every event of an audit segment, oldest first, in bounded memory. @throws `unsupported` for metrics in memory */
  read(segment: Segment, options?: { readonly signal?: AbortSignal | undefined }): AsyncIterable<StoredEvent>;
  /**
   * Deletes the segment's rows. Where the store has no partitions it does so in steps; an interruption leaves the rest
   * in place, as a segment with fewer rows.
   * @throws `conflict` when the segment no longer holds `expect.rows` rows; nothing is deleted then
   */
  drop(segment: Segment, options: { readonly expect: { readonly rows: number } }): Promise<{ rows: number }>;
  /** Puts events back as they were, `recordedAt` included; idempotent. */
  insert(events: readonly StoredEvent[]): Promise<{ inserted: number; duplicates: number; conflicts: number }>;
  /** `undefined` when somebody else holds it. @param ttlMs 1,000 to 86,400,000 */
  lease(name: string, ttlMs: number): Promise<Lease | undefined>;
  recordRun(run: RetentionRun): Promise<void>;
  /** Newest first. */
  runs(options?: { readonly limit?: number | undefined }): Promise<RetentionRun[]>;
}
