import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { Destination } from "../destinations/destination.js";
import { onDisk } from "../destinations/file-errors.js";
import type { EvidenceFile } from "../manifest/manifest.js";
import { checkBytes } from "../parquet/whole-file.js";

/** UTF-16 code units that are written at a time. */
const PIECE = 256 * 1024;

/** Writes lines as a file, a piece at a time, and reads it back. */
export async function writeLines(
  destination: Destination,
  path: string,
  lines: AsyncIterable<string>,
  signal: AbortSignal | undefined,
): Promise<EvidenceFile> {
  const staged = await destination.stage(path);
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    const file = await onDisk(staged, () => open(staged, "wx", 0o600));
    let pending = "";
    const flush = async (): Promise<void> => {
      const piece = Buffer.from(pending);
      pending = "";
      hash.update(piece);
      bytes += piece.length;
      await onDisk(staged, () => file.appendFile(piece));
    };
    try {
      for await (const line of lines) {
        signal?.throwIfAborted();
        pending += `${line}\n`;
        if (pending.length >= PIECE) await flush();
      }
      await flush();
      await onDisk(staged, () => file.sync());
    } finally {
      await file.close();
    }
    await destination.put(path, staged, signal);
  } catch (error) {
    await destination.unstage(staged);
    throw error;
  }
  const written = { path, bytes, sha256: hash.digest("hex") };
  await using stored = await destination.open(path, signal);
  await checkBytes(stored, written, `${destination.url}/${path}`, signal);
  return written;
}
