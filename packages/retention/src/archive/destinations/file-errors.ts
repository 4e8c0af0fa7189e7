import { isStorageError, StorageError, type StorageErrorCode } from "@agent-assembly/storage-core";

const CODES: Readonly<Record<string, readonly [code: StorageErrorCode, says: string]>> = {
  ENOSPC: ["full", "there is no space left for it; free some, then try again"],
  EDQUOT: ["full", "the disk quota is used up; raise it or free space, then try again"],
  EFBIG: ["full", "the file system takes no file of this size"],
  EACCES: ["permission_denied", "permission denied; change its permissions or owner"],
  EPERM: ["permission_denied", "the operation is not permitted; change its permissions or owner"],
  EROFS: ["permission_denied", "the file system is read-only"],
  ENOENT: ["not_found", "it does not exist"],
  ENOTDIR: ["invalid_argument", "a part of the path is a file, not a folder"],
  EISDIR: ["invalid_argument", "it is a folder"],
  EEXIST: ["invalid_argument", "a file is in its place"],
  ENAMETOOLONG: ["invalid_argument", "the path is too long for the file system"],
  EMFILE: ["unavailable", "too many files are open"],
  ENFILE: ["unavailable", "too many files are open"],
  EIO: ["unavailable", "the disk reports an input/output error"],
  ESTALE: ["unavailable", "the network file system lost it"],
  ETIMEDOUT: ["timeout", "the network file system did not answer"],
  EBUSY: ["busy", "it is in use by another process"],
};

/**
 * Converts a file system error to a {@link StorageError}; a {@link StorageError} is returned unchanged.
 * @param what the path, for the message
 */
export function fileError(error: unknown, what: string): StorageError {
  if (isStorageError(error)) return error;
  const systemCode = (error as NodeJS.ErrnoException | undefined)?.code ?? "";
  const [code, says] = CODES[systemCode] ?? [
    "internal",
    `unexpected error ${systemCode || String((error as Error)?.name)}`,
  ];
  return new StorageError({ code, message: `${what}: ${says}`, cause: error });
}

/** Runs file system work and converts its errors. */
export async function onDisk<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileError(error, what);
  }
}
