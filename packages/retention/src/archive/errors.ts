import { isStorageError, StorageError } from "@agent-assembly/storage-core";
import { withContext } from "@agent-assembly/storage-core/backend";

/** Adds the operation to our errors. Others pass unchanged: the reason of an abort, an error of the source. */
export async function withOperation<T>(operation: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isStorageError(error) ? withContext(error, { operation, backend: "archive" }) : error;
  }
}

export const RESTORE_A_COPY = "Restore it from a copy.";

/** @param place URL or path of the file. @param why what is wrong with the file: `it has 3 rows` */
export function damaged(place: string, why: string, cause?: unknown): StorageError {
  return new StorageError({
    code: "corrupt",
    location: { kind: "damaged file", place },
    message: why,
    remedy: RESTORE_A_COPY,
    cause,
  });
}
