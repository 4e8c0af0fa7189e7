import { isStorageError, StorageError, type StorageErrorCode } from "@agent-assembly/storage-core";

/** Failures whose cause is the surroundings, not the step: their code says more than `migration_failed` would. */
const SURROUNDINGS: ReadonlySet<StorageErrorCode> = new Set([
  "busy",
  "closed",
  "full",
  "permission_denied",
  "timeout",
  "unavailable",
]);

/** `migration_failed` about one file. @param problem continues the sentence "migration FILE ..." */
export function invalidMigration(fileName: string, problem: string, remedy?: string, cause?: unknown): StorageError {
  return new StorageError({ code: "migration_failed", message: `migration ${fileName} ${problem}`, remedy, cause });
}

/**
 * What a failing step ends in: a {@link StorageError} about the surroundings as it is, anything else as
 * `migration_failed` naming the file, with the driver's error as cause.
 * @param remedy a sentence saying how to go on
 */
export function stepFailed(fileName: string, error: unknown, remedy: string): StorageError {
  if (isStorageError(error) && SURROUNDINGS.has(error.code)) return error;
  return invalidMigration(fileName, `failed: ${reason(error)}`, remedy, error);
}

/** Migrations carry no parameters, so the database's own message holds nothing confidential. */
function reason(error: unknown): string {
  return error instanceof Error ? error.message : `a ${typeof error} was thrown`;
}
