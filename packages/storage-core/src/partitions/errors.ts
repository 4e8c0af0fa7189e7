import { StorageError } from "../errors.js";
import { countText } from "../support/describe.js";

const conflict = (message: string, remedy?: string): StorageError =>
  new StorageError({ code: "conflict", message, remedy });

/** The refusals of partitions, in the same words for every backend. */
export const partitionErrors = {
  gone: (): StorageError =>
    new StorageError({
      code: "not_found",
      message: "the partition no longer exists",
      remedy: "List the partitions again.",
    }),
  changed: (expected: number, actual: number): StorageError =>
    conflict(
      `expected the partition to hold ${countText(expected, "row")} but it holds ${actual}; nothing was dropped`,
      "Plan again.",
    ),
  /** @param held how many of the rows are under a hold */
  held: (holds: number, held: number, rows: number): StorageError =>
    conflict(
      `${countText(holds, "legal hold")} ${holds === 1 ? "covers" : "cover"} ${held} of the ${countText(rows, "row")}; nothing was dropped`,
      "Exclude these rows, or release holds that no longer apply, then plan again.",
    ),
  heldMeanwhile: (dropped: number, expected: number): StorageError =>
    conflict(
      `a legal hold was placed during the drop; ${dropped} of ${countText(expected, "row")} ${dropped === 1 ? "was" : "were"} already deleted and the rest remain`,
      "Plan again.",
    ),
  metricsInMemory: (): StorageError =>
    new StorageError({ code: "unsupported", message: "this backend keeps metrics in memory; they have no partitions" }),
  metricsAreNoEvents: (): StorageError =>
    new StorageError({ code: "unsupported", message: "metric samples cannot be read as events" }),
};
