import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { isStorageError } from "@agent-assembly/storage-core";
import { sizeText } from "@agent-assembly/storage-core/backend";
import type { Destination, StoredFile } from "../destinations/destination.js";
import { onDisk } from "../destinations/file-errors.js";
import { damaged } from "../errors.js";
import { MAX_MANIFEST_BYTES } from "../limits.js";

/** Bytes that are read at a time. */
const CHUNK = 8 * 1024 * 1024;

/** All bytes of a file, a bounded number at a time. */
export async function* chunksOf(file: StoredFile, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < file.bytes; start += CHUNK) {
    yield await file.read(start, Math.min(start + CHUNK, file.bytes), signal);
  }
}

/** What a file should be. */
export interface Expected {
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Reads the whole file.
 * @param onChunk gets each piece on its way
 * @throws `corrupt` when its size or digest is not the expected one
 */
export async function checkBytes(
  file: StoredFile,
  expected: Expected,
  place: string,
  signal: AbortSignal | undefined,
  onChunk?: (bytes: Uint8Array) => Promise<void> | void,
): Promise<void> {
  if (file.bytes !== expected.bytes) {
    throw damaged(place, `it has ${file.bytes} bytes and should have ${expected.bytes}`);
  }
  const hash = createHash("sha256");
  for await (const bytes of chunksOf(file, signal)) {
    hash.update(bytes);
    await onChunk?.(bytes);
  }
  await file.requireUnchanged?.();
  if (hash.digest("hex") !== expected.sha256) throw damaged(place, "its SHA-256 is not the one it was written with");
}

/** The text of a manifest. @throws `not_found`; `corrupt` when it is larger than manifests are */
export async function readText(destination: Destination, path: string, signal?: AbortSignal): Promise<string> {
  await using file = await destination.open(path, signal);
  if (file.bytes > MAX_MANIFEST_BYTES) {
    const sizes = `${sizeText(file.bytes)}; at most ${sizeText(MAX_MANIFEST_BYTES)}`;
    throw damaged(`${destination.url}/${path}`, `it is too large for a manifest: ${sizes}`);
  }
  const bytes = await file.read(0, file.bytes, signal);
  await file.requireUnchanged?.();
  return Buffer.from(bytes).toString("utf8");
}

/** The same, or `undefined` when there is no such file. */
export async function findText(destination: Destination, path: string): Promise<string | undefined> {
  try {
    return await readText(destination, path);
  } catch (error) {
    if (isStorageError(error, "not_found")) return undefined;
    throw error;
  }
}

/** Writes a small file, durable and complete or not at all, and reads it back. */
export async function writeText(destination: Destination, path: string, text: string): Promise<void> {
  const staged = await destination.stage(path);
  try {
    await onDisk(staged, async () => {
      const file = await open(staged, "wx", 0o600);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
    });
    await destination.put(path, staged);
  } catch (error) {
    await destination.unstage(staged);
    throw error;
  }
  if ((await readText(destination, path)) !== text) {
    throw damaged(`${destination.url}/${path}`, "another text was read back than was written");
  }
}
