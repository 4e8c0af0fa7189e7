import { isStorageError, StorageError } from "@agent-assembly/storage-core";

/** Options of an archive, under the names a user of the command sets them by. */
const KEYS: readonly (readonly [option: RegExp, key: string])[] = [
  [/, or give options\.s3\.credentials\b/g, ""],
  [/ or as options\.s3\.credentials\b/g, ""],
  [/\boptions\.s3\.region\b/g, "storage.retention.s3.region"],
  [/\boptions\.s3\.endpoint\b/g, "storage.retention.s3.endpoint"],
  [/\boptions\.s3\.forcePathStyle\b/g, "storage.retention.s3.force_path_style"],
  [/\bcheck the endpoint and the network\b/g, "check storage.retention.s3.endpoint and the network"],
];

/** An error of an archive that names the configuration's keys; any other error as it is. */
export function aboutArchive(error: unknown): unknown {
  if (!isStorageError(error)) return error;
  const message = KEYS.reduce((text, [option, key]) => text.replace(option, key), error.message);
  if (message === error.message) return error;
  const { code, retryable, operation, backend, cause } = error;
  return new StorageError({ code, message, retryable, operation, backend, cause });
}
