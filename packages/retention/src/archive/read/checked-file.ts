import { open } from "node:fs/promises";
import { isStorageError } from "@agent-assembly/storage-core";
import type { Destination, StoredFile } from "../destinations/destination.js";
import { onDisk } from "../destinations/file-errors.js";
import { LocalFile } from "../destinations/local-file.js";
import type { ArchivedFile } from "../manifest/manifest.js";
import { ParquetFile } from "../parquet/file.js";
import { checkBytes } from "../parquet/whole-file.js";

/** A file that was found to be as it was written. */
export interface CheckedFile extends AsyncDisposable {
  readonly parquet: ParquetFile;
}

/**
 * Opens a file after reading all of it and comparing size, digest, and the rows of its pages. Events come from the bytes
 * that were checked: each row group has a digest in the footer, and the footer has one in the manifest. From a remote
 * destination what is opened is the local copy that was checked, which goes with it.
 * @throws `corrupt`
 */
export async function openChecked(
  destination: Destination,
  path: string,
  expected: ArchivedFile,
  signal: AbortSignal | undefined,
): Promise<CheckedFile> {
  const place = `${destination.url}/${path}`;
  const stored = await destination.open(path, signal);
  if (destination.isRemote) {
    await using _ = stored;
    return copyChecked(destination, stored, expected, signal);
  }
  try {
    const parquet = await verifyFile(stored, expected, place, signal);
    return { parquet, [Symbol.asyncDispose]: () => stored[Symbol.asyncDispose]() };
  } catch (error) {
    await stored[Symbol.asyncDispose]();
    throw error;
  }
}

/** Reads all of a file. @throws `corrupt` when it is not as the manifest says */
export async function verifyFile(
  file: StoredFile,
  expected: ArchivedFile,
  place: string,
  signal: AbortSignal | undefined,
): Promise<ParquetFile> {
  let parquet: ParquetFile;
  try {
    parquet = await ParquetFile.open(file, expected, place, signal);
  } catch (error) {
    // When all of the file is damaged, that says more than what it does to its end.
    if (isStorageError(error, "corrupt")) await checkBytes(file, expected, place, signal);
    throw error;
  }
  await parquet.verify();
  return parquet;
}

async function copyChecked(
  destination: Destination,
  file: StoredFile,
  expected: ArchivedFile,
  signal: AbortSignal | undefined,
): Promise<CheckedFile> {
  const place = `${destination.url}/${expected.path}`;
  const copy = await destination.stage(expected.path);
  let local: LocalFile | undefined;
  const remove = async (): Promise<void> => {
    await local?.[Symbol.asyncDispose]();
    await destination.unstage(copy);
  };
  try {
    const target = await onDisk(copy, () => open(copy, "wx", 0o600));
    try {
      await checkBytes(file, expected, place, signal, (bytes) => onDisk(copy, () => target.appendFile(bytes)));
    } finally {
      await target.close();
    }
    local = await LocalFile.open(copy);
    return { parquet: await verifyFile(local, expected, place, signal), [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
