import type { Dataset } from "../partitions/partition.js";

/**
 * Another mechanism that removes rows from our tables, so that the retention policy no longer decides how long data is
 * kept.
 */
export interface ConflictingRetentionPolicy {
  readonly dataset: Dataset;
  /** What it is, as readable text. */
  readonly description: string;
  /** What to do about it: a command. */
  readonly remedy: string;
}
