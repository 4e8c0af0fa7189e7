import type { AuditEvent } from "../audit/event.js";
import type { Selection } from "./selection.js";

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

/** Which rows of a segment are meant; all of them by default. */
export interface SegmentPart {
  readonly selection?: Selection | undefined;
  /**
   * Leaves out what was committed after this position; from {@link SegmentMeasure}, of the same store. Audit only. A part
   * with it is the same rows each time, but for those that were deleted.
   */
  readonly upTo?: string | undefined;
}

/** What a segment, or a part of it, held at one moment. */
export interface SegmentMeasure {
  readonly rows: number;
  /** Bytes on disk; an estimate where the store cannot tell exactly. */
  readonly bytes: number;
  /**
   * A position in commit order, as opaque text: all counted events were committed at or before it, and everything committed
   * after the measuring lies behind it. Where the part had one, it is that one. Absent for metrics, which have none.
   */
  readonly upTo?: string;
}

export interface SegmentReadOptions extends SegmentPart {
  readonly signal?: AbortSignal | undefined;
}

export interface SegmentDropOptions extends SegmentPart {
  /** How many rows the part must hold. */
  readonly expect: { readonly rows: number };
  /** Stops between two steps; what was deleted stays deleted. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each step with the number of rows deleted so far. */
  readonly onProgress?: ((rows: number) => void) | undefined;
}
