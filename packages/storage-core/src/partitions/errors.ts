import { StorageError } from "../errors.js";

const conflict = (message: string): StorageError => new StorageError({ code: "conflict", message });

/** The refusals of partitions, in the same words for every backend. */
export const partitionErrors = {
  gone: (): StorageError =>
    new StorageError({ code: "not_found", message: "the partition no longer exists; list the partitions again" }),
  changed: (expected: number, actual: number): StorageError =>
    conflict(`expected the partition to hold ${expected} rows but it holds ${actual}; nothing was dropped: plan again`),
  /** @param held how many of the rows are under a hold */
  held: (holds: number, held: number, rows: number): StorageError =>
    conflict(
      `${counted(holds, "legal hold covers", "legal holds cover")} ${held} of the ${rows} rows; ` +
        "nothing was dropped: exclude these rows, or release holds that no longer apply, then plan again",
    ),
  heldMeanwhile: (dropped: number, expected: number): StorageError =>
    conflict(
      `a legal hold was placed during the drop; ${dropped} of ${expected} rows were already deleted and the rest ` +
        "remain: plan again",
    ),
  metricsInMemory: (): StorageError =>
    new StorageError({ code: "unsupported", message: "this backend keeps metrics in memory; they have no partitions" }),
};

function counted(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`;
}
