import { StorageError } from "../errors.js";

const conflict = (message: string): StorageError => new StorageError({ code: "conflict", message });

/** The refusals of tiers, so that every backend words them alike. */
export const tierErrors = {
  gone: (): StorageError =>
    new StorageError({ code: "not_found", message: "the segment no longer exists; list the segments again" }),
  changed: (expected: number, actual: number): StorageError =>
    conflict(`expected the segment to hold ${expected} rows but it holds ${actual}; nothing was dropped: plan again`),
  /** @param held how many of the rows are under a hold */
  held: (holds: number, held: number, rows: number): StorageError =>
    conflict(
      `${counted(holds, "legal hold covers", "legal holds cover")} ${held} of the ${rows} rows; ` +
        "nothing was dropped: leave them out, or release what no longer holds, and plan again",
    ),
  heldMeanwhile: (dropped: number, expected: number): StorageError =>
    conflict(
      `a legal hold was placed on rows that were being dropped; ${dropped} of ${expected} were gone by then and the rest ` +
        "stays: plan again",
    ),
  duplicateRun: (): StorageError =>
    conflict(
      "a run with this runId is recorded already; only one that is recorded as running takes an outcome, once and with the " +
        "same startedAt",
    ),
  unknownHold: (): StorageError =>
    new StorageError({ code: "not_found", message: "there is no legal hold with this holdId; list the holds" }),
  holdReleased: (): StorageError => conflict("the legal hold was released before"),
  archiveTaken: (): StorageError => conflict("an archive with this archiveId is recorded already"),
  /** @param actual the state it is in; `undefined` when it is gone */
  archiveMoved: (expected: string, actual: string | undefined): StorageError =>
    conflict(
      `expected the archive to be recorded as ${expected}, but it is ${actual ?? "not recorded"}; read the catalog again`,
    ),
  otherArchive: (): StorageError =>
    conflict("only state, rows and bytes of an archive may change; another archive is recorded with this archiveId"),
  metricsInMemory: (): StorageError =>
    new StorageError({ code: "unsupported", message: "this backend keeps metrics in memory; they have no segments" }),
};

function counted(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`;
}
