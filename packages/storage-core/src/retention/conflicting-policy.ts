import type { TierDataset } from "../partitions/partition.js";

/** Something that removes rows beside our retention, so that nobody can say any more what is kept how long. */
export interface ForeignRetention {
  readonly dataset: TierDataset;
  /** What it is, for people. */
  readonly description: string;
  /** What to do about it, for people: a command. */
  readonly remedy: string;
}
