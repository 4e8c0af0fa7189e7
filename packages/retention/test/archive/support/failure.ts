import { isStorageError, type StorageError } from "@agent-assembly/storage-core";

/** The StorageError the work ends in. @throws anything else it ends in, or an error when it succeeds */
export async function failureOf(work: () => unknown): Promise<StorageError> {
  try {
    await work();
  } catch (error) {
    if (isStorageError(error)) return error;
    throw error;
  }
  throw new Error("expected a StorageError, but nothing was thrown");
}
