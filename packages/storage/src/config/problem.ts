import { StorageError, type StorageErrorCode } from "@agent-assembly/storage-core";

/** An error about the configuration itself, not about a store. */
export function configError(
  message: string,
  code: StorageErrorCode = "invalid_argument",
  cause?: unknown,
): StorageError {
  return new StorageError({ code, message, operation: "config.load", cause });
}
