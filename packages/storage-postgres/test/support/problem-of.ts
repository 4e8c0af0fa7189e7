import { isStorageError, type StorageError } from "@agent-assembly/storage-core";

/** The refusal of an argument. */
export function problemOf(work: () => unknown): StorageError {
  try {
    work();
  } catch (error) {
    if (isStorageError(error, "invalid_argument")) return error;
    throw error;
  }
  throw new Error("it was accepted");
}
