import { StorageError } from "../errors.js";

const conflict = (message: string, remedy?: string): StorageError =>
  new StorageError({ code: "conflict", message, remedy });

/** The refusals of retention runs and archives, in the same words for every backend. */
export const retentionErrors = {
  duplicateRun: (): StorageError =>
    conflict(
      "a run with this runId is already recorded; only a run recorded as running accepts an outcome, once and with the " +
        "same startedAt",
    ),
  archiveTaken: (): StorageError => conflict("an archive with this archiveId is already recorded"),
  /** @param actual the recorded state; `undefined` when there is no record */
  archiveMoved: (expected: string, actual: string | undefined): StorageError =>
    conflict(
      `expected the archive to be recorded as ${expected}, but it is ${actual ?? "not recorded"}`,
      "Read the catalog again.",
    ),
  otherArchive: (): StorageError =>
    conflict(
      "only the state of an archive may change, and rows and bytes until it is verified; another archive is recorded with this archiveId",
    ),
};
