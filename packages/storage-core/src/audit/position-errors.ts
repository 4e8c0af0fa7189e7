import { invalidArgument, type StorageError } from "../errors.js";

/** An option that takes a position. */
export type PositionOption = "after" | "asOf";

/** What to do without the position, and what may have been missed. */
const WITHOUT: Readonly<Record<PositionOption, string>> = {
  after:
    "Events may be missing from what was followed: query from the time of the last one (from: <time>), skip those that are known, then start without a position.",
  asOf: "Measure the partition again.",
};

/** Positions that would pass over events or repeat them. All are `invalid_argument`. */
export const positionErrors = {
  /** @param copiedBy how the store came to be another one, such as "restored from a dump" */
  otherHistory: (option: PositionOption, copiedBy: string): StorageError =>
    invalidArgument(
      `options.${option}`,
      `was made by another store, or before this one was ${copiedBy}`,
      WITHOUT[option],
    ),
  /** The store has been put back to a state before the position, or the position is from a copy that went on elsewhere. */
  ahead: (option: PositionOption): StorageError =>
    invalidArgument(
      `options.${option}`,
      "is ahead of this store, which was put back to an earlier state since",
      WITHOUT[option],
    ),
  /** A server took over that lacks what the one before had committed. @param without what, such as "without 2 transactions" */
  lost: (option: PositionOption, without: string): StorageError =>
    invalidArgument(
      `options.${option}`,
      `was made before a standby took over, or the server was restored, ${without}`,
      WITHOUT[option],
    ),
  /** @param problem what is wrong with its text */
  damaged: (option: PositionOption, problem: string): StorageError =>
    invalidArgument(`options.${option}`, problem, WITHOUT[option]),
};
