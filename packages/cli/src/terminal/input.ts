import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addAbortSignal } from "node:stream";
import { pipeline } from "node:stream/promises";
import { StorageError } from "@agent-assembly/storage-core";
import type { ByteSource } from "../commands/audit/import/item.js";
import type { Context } from "../context.js";

/** A file to import, which can be read again from its start where that was asked for. */
export interface ImportSource {
  /** Bytes in all; `undefined` for a stream. */
  readonly size: number | undefined;
  /** @param onBytes told the number of bytes read so far */
  read(onBytes?: (bytes: number) => void): ByteSource;
  dispose(): Promise<void>;
}

export interface OpenSourceOptions {
  /** Copy standard input to a temporary file, so that it can be read twice. */
  readonly repeatable?: boolean;
}

/** @param file a path, or `-` for standard input, which Ctrl-C ends */
export async function openSource(
  { stdin, signal, resolvePath }: Pick<Context, "stdin" | "signal" | "resolvePath">,
  file: string,
  { repeatable = false }: OpenSourceOptions = {},
): Promise<ImportSource> {
  if (file !== "-") return fileSource(resolvePath(file), async () => undefined);
  addAbortSignal(signal, stdin);
  if (!repeatable) {
    return { size: undefined, read: (onBytes) => counted(stdin, onBytes), dispose: async () => undefined };
  }
  const folder = await mkdtemp(join(tmpdir(), "aasm-import-"));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const copy = join(folder, "input");
    await pipeline(stdin, createWriteStream(copy, { mode: 0o600 }));
    return await fileSource(copy, remove);
  } catch (error) {
    await remove();
    throw error;
  }
}

async function fileSource(path: string, dispose: () => Promise<void>): Promise<ImportSource> {
  let size: number | undefined;
  try {
    const info = await stat(path);
    if (info.isDirectory())
      throw sourceError("invalid_argument", `${path} is a folder; name a file, or - for standard input`);
    // A pipe or device has no size to measure progress against.
    size = info.isFile() ? info.size : undefined;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw sourceError("not_found", `${path} does not exist; name a file, or - for standard input`, cause);
  }
  return { size, read: (onBytes) => counted(createReadStream(path, { highWaterMark: 256 * 1024 }), onBytes), dispose };
}

function sourceError(code: "not_found" | "invalid_argument", message: string, cause?: unknown): StorageError {
  return new StorageError({ code, message, operation: "import", cause });
}

async function* counted(stream: AsyncIterable<unknown>, onBytes?: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of stream) {
    const part = chunk as Uint8Array;
    bytes += part.length;
    onBytes?.(bytes);
    yield part;
  }
}
