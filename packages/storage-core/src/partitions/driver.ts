import type { AuditEventRow } from "../audit/row.js";
import type { ParsedDrop, ParsedRead, ParsedSlice } from "./parse.js";
import type { Dataset, Partition, PartitionMeasure } from "./partition.js";

/**
 * The operations that a backend provides for its partitions. Arguments are validated already, apart from positions
 * (`asOf`), which only the backend can decode. Metrics occur only where the backend stores them.
 */
export interface PartitionDriver {
  /** Oldest first; only partitions that contain rows. */
  list(dataset: Dataset): Promise<Partition[]>;
  /**
   * Counts each part exactly; in the same order. Of audit events, `asOf` is the position given, or the newest one that was counted.
   * Nothing goes on in the background after a failure.
   */
  measure(parts: readonly ParsedSlice[]): Promise<PartitionMeasure[]>;
  /** Absent where the capability `compression` is unsupported. @throws `not_found` when the partition no longer exists */
  compress?(partition: Partition): Promise<Partition>;
  /** Audit rows, oldest first, a bounded number at a time. An abort throws as `throwIfAborted` does. */
  slices(part: ParsedRead): AsyncIterable<readonly AuditEventRow[]>;
  /**
   * Deletes the rows of a part and calls `onProgress` after each step.
   * @returns how many rows were deleted
   * @throws `conflict` for another number of rows than expected or for a legal hold (`partitionErrors`); an abort throws
   *   as `throwIfAborted` does
   */
  drop(part: ParsedDrop): Promise<number>;
}
