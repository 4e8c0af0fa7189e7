import { type ErrorLocation, isStorageError, StorageError, type StorageErrorCode } from "../errors.js";

const CODES: Readonly<Record<string, readonly [code: StorageErrorCode, message: string, remedy?: string]>> = {
  ENOSPC: ["full", "no space is left on the disk", "Free some space, then try again."],
  EDQUOT: ["full", "the disk quota is used up", "Raise it or free some space, then try again."],
  EFBIG: ["full", "the file system does not support files this large"],
  EACCES: ["permission_denied", "permission denied", "Change its permissions or owner."],
  EPERM: ["permission_denied", "the operation is not permitted", "Change its permissions or owner."],
  EROFS: ["permission_denied", "the file system is read-only"],
  ENOENT: ["not_found", "it does not exist"],
  ENOTDIR: ["invalid_argument", "a part of the path is a file, not a folder"],
  EISDIR: ["invalid_argument", "it is a folder"],
  EEXIST: ["invalid_argument", "a file with this name exists"],
  ENAMETOOLONG: ["invalid_argument", "the path is too long for the file system"],
  EMFILE: ["unavailable", "too many files are open"],
  ENFILE: ["unavailable", "too many files are open"],
  EIO: ["unavailable", "the disk reports an input/output error"],
  ESTALE: ["unavailable", "the network file system no longer has the file"],
  ETIMEDOUT: ["timeout", "the network file system did not answer"],
  EBUSY: ["busy", "it is in use by another process"],
};

/**
 * Converts a file system error to a {@link StorageError}; a {@link StorageError} is returned unchanged.
 * @param about the path of a file, or another location
 */
export function fileError(error: unknown, about: string | ErrorLocation): StorageError {
  if (isStorageError(error)) return error;
  const systemCode = (error as NodeJS.ErrnoException | undefined)?.code ?? "";
  const [code, message, remedy] = CODES[systemCode] ?? [
    "internal",
    `unexpected error ${systemCode || String((error as Error)?.name)}`,
  ];
  const location = typeof about === "string" ? { kind: "file", place: about } : about;
  return new StorageError({ code, message, remedy, location, cause: error });
}
