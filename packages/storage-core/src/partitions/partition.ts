import type { Position } from "../support/opaque.js";
import type { Selection } from "./selection.js";

/** The data that moves through hot, warm and cold. */
export type Dataset = "audit" | "metrics";

/** A time-ordered, non-overlapping part of a dataset: a chunk on TimescaleDB, a UTC day elsewhere. */
export interface Partition {
  readonly dataset: Dataset;
  /** Stable while the partition exists. */
  readonly id: string;
  /** Inclusive. */
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
  readonly rows: number;
  /** Bytes on disk; an estimate where the store has no exact figure. */
  readonly bytes: number;
  readonly tier: "hot" | "warm";
}

/** Selects rows of a partition; all of them by default. */
export interface PartitionSlice {
  readonly selection?: Selection | undefined;
  /**
   * Excludes rows committed after this position, which comes from {@link PartitionMeasure} of the same store. Audit
   * only. With it, a slice contains the same rows each time, except for rows deleted since.
   */
  readonly asOf?: Position | undefined;
}

/** A partition, or a slice of it, of several that are measured by one call. */
export interface MeasureRequest extends PartitionSlice {
  readonly partition: Partition;
}

/** The size of a partition, or of a slice of it, at one moment. */
export interface PartitionMeasure {
  readonly rows: number;
  /** Bytes on disk; an estimate where the store has no exact figure. */
  readonly bytes: number;
  /**
   * A position in commit order, as opaque text. All counted events were committed at or before it; everything committed
   * after the measurement comes after it. A slice that was given a position gets the same one back. Absent for metrics,
   * which have none.
   */
  readonly asOf?: Position;
}

/** Which rows of a partition to read. */
export interface PartitionReadOptions extends PartitionSlice {
  readonly signal?: AbortSignal | undefined;
}

/** Which rows to delete; refused with `conflict` if their number is not the expected one. */
export interface PartitionDropOptions extends PartitionSlice {
  /** How many rows the slice must contain. */
  readonly expect: { readonly rows: number };
  /** Stops between two steps; rows already deleted stay deleted. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether the counts of the deleted events stay, for summaries with `includeDropped`; default true. Of no concern to metrics,
   * whose totals stay.
   */
  readonly keepCounts?: boolean | undefined;
  /** Called after each step with the number of rows deleted so far. */
  readonly onProgress?: ((rows: number) => void) | undefined;
}
