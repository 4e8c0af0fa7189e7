import { StorageError } from "../errors.js";

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
      `expected the partition to hold ${expected} rows but it holds ${actual}; nothing was dropped`,
      "Plan again.",
    ),
  /** @param held how many of the rows are under a hold */
  held: (holds: number, held: number, rows: number): StorageError =>
    conflict(
      `${counted(holds, "legal hold covers", "legal holds cover")} ${held} of the ${rows} rows; nothing was dropped`,
      "Exclude these rows, or release holds that no longer apply, then plan again.",
    ),
  heldMeanwhile: (dropped: number, expected: number): StorageError =>
    conflict(
      `a legal hold was placed during the drop; ${dropped} of ${expected} rows were already deleted and the rest remain`,
      "Plan again.",
    ),
  metricsInMemory: (): StorageError =>
    new StorageError({ code: "unsupported", message: "this backend keeps metrics in memory; they have no partitions" }),
  metricsAreNoEvents: (): StorageError =>
    new StorageError({ code: "unsupported", message: "metric samples cannot be read as events" }),
};

function counted(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`;
}
