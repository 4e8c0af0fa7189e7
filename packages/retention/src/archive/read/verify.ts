import { isStorageError, type StorageError } from "@agent-assembly/storage-core";
import { errorInit } from "@agent-assembly/storage-core/backend";
import type { FileReport, VerifyOptions } from "../archive.js";
import type { Destination, StoredFile } from "../destinations/destination.js";
import type { ManifestReader } from "../manifest/manifest-reader.js";
import { checkBytes } from "../parquet/whole-file.js";
import { verifyFile } from "./checked-file.js";

/** Checks all files of the manifests that match, one after another. */
export async function* verifyFiles(
  destination: Destination,
  manifests: ManifestReader,
  options: VerifyOptions,
): AsyncGenerator<FileReport> {
  const checked = { rows: 0, bytes: 0 };
  for await (const found of manifests.tryAll(options)) {
    options.signal?.throwIfAborted();
    if ("error" in found) {
      yield { path: found.path, status: "damaged", reason: errorInit(found.error).message, rows: 0, bytes: 0 };
      continue;
    }
    const { archiveId, files, evidence } = found.manifest;
    const checks = [
      ...files.map((file) => ({ ...file, problem: () => problemOf(destination, file, options.signal, verifyFile) })),
      ...(evidence?.files ?? []).map((file) => {
        return { ...file, rows: 0, problem: () => problemOf(destination, file, options.signal, checkBytes) };
      }),
    ];
    for (const { path, rows, bytes, problem: check } of checks) {
      const problem = await check();
      checked.rows += rows;
      checked.bytes += bytes;
      options.onProgress?.({ ...checked });
      yield problem === undefined
        ? { path, archiveId, status: "ok", rows, bytes }
        : {
            path,
            archiveId,
            status: problem.code === "not_found" ? "missing" : "damaged",
            reason: errorInit(problem).message,
            rows,
            bytes,
          };
    }
  }
}

/** @throws what says nothing about the file: a destination that does not answer, or refuses */
async function problemOf<File extends { readonly path: string }>(
  destination: Destination,
  expected: File,
  signal: AbortSignal | undefined,
  check: (file: StoredFile, expected: File, place: string, signal: AbortSignal | undefined) => Promise<unknown>,
): Promise<StorageError | undefined> {
  const place = `${destination.url}/${expected.path}`;
  try {
    await using file = await destination.open(expected.path, signal);
    await check(file, expected, place, signal);
    return undefined;
  } catch (error) {
    if (isStorageError(error, "not_found") || isStorageError(error, "corrupt")) return error;
    throw error;
  }
}
