import { isStorageError, StorageError, type StorageErrorCode } from "@agent-assembly/storage-core";
import { codeOf, safeCause } from "@agent-assembly/storage-core/backend";

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

/** SQLSTATEs of errors whose message may quote stored values: of values, constraints, sizes and triggers. */
const QUOTES_VALUES = /^(22|23|54|P0)...$/;

/** Of the database's own message what is about the migration's text, which is not confidential. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return `a ${typeof error} was thrown`;
  return QUOTES_VALUES.test(codeOf(error) ?? "") ? safeCause(error).message : error.message;
}
