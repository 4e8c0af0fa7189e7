import { open } from "node:fs/promises";
import type { Destination, StoredFile } from "../destinations/destination.js";
import { onDisk } from "../destinations/file-errors.js";
import { LocalFile } from "../destinations/local-file.js";
import { checkBytes, type Expected } from "../parquet/whole-file.js";

/**
 * Opens a file after reading all of it and comparing its digest. From a remote destination what is opened is the local
 * copy that was checked, which goes with it.
 * @throws `corrupt`
 */
export async function openChecked(
  destination: Destination,
  path: string,
  expected: Expected,
  signal: AbortSignal | undefined,
): Promise<StoredFile> {
  const place = `${destination.url}/${path}`;
  const file = await destination.open(path, signal);
  if (destination.isRemote) {
    await using _ = file;
    return copyChecked(destination, path, file, expected, signal);
  }
  try {
    await checkBytes(file, expected, place, signal);
    return file;
  } catch (error) {
    await file[Symbol.asyncDispose]();
    throw error;
  }
}

async function copyChecked(
  destination: Destination,
  path: string,
  file: StoredFile,
  expected: Expected,
  signal: AbortSignal | undefined,
): Promise<StoredFile> {
  const copy = await destination.stage(path);
  try {
    const target = await onDisk(copy, () => open(copy, "wx", 0o600));
    try {
      await checkBytes(file, expected, `${destination.url}/${path}`, signal, (bytes) =>
        onDisk(copy, () => target.appendFile(bytes)),
      );
    } finally {
      await target.close();
    }
    const local = await LocalFile.open(copy);
    return {
      bytes: local.bytes,
      read: (start, end) => local.read(start, end, signal),
      async [Symbol.asyncDispose]() {
        await local[Symbol.asyncDispose]();
        await destination.unstage(copy);
      },
    };
  } catch (error) {
    await destination.unstage(copy);
    throw error;
  }
}
