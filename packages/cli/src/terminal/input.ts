import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addAbortSignal, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { StorageError } from "@agent-assembly/storage-core";

/** What a reader needs of a file: its bytes, once. */
export type ByteSource = AsyncIterable<Uint8Array>;

/** A file named on the command line, which can be read again from its start where that was asked for. */
export interface InputFile {
  /** Bytes in all; `undefined` for a stream. */
  readonly size: number | undefined;
  /** @param onBytes told the number of bytes read so far */
  read(onBytes?: (bytes: number) => void): ByteSource;
  dispose(): Promise<void>;
}

/** Where files are looked for. */
interface InputPlace {
  readonly stdin: Readable;
  readonly signal: AbortSignal;
  resolvePath(path: string): string;
}

export interface OpenInputOptions {
  /** Copy standard input to a temporary file, so that it can be read twice. */
  readonly repeatable?: boolean;
}

/** @param file a path, or `-` for standard input, which Ctrl-C ends */
export async function openInput(
  { stdin, signal, resolvePath }: InputPlace,
  file: string,
  { repeatable = false }: OpenInputOptions = {},
): Promise<InputFile> {
  if (file !== "-") return regularFile(resolvePath(file), async () => undefined);
  addAbortSignal(signal, stdin);
  if (!repeatable) {
    return { size: undefined, read: (onBytes) => counted(stdin, onBytes), dispose: async () => undefined };
  }
  const folder = await mkdtemp(join(tmpdir(), "aasm-import-"));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const copy = join(folder, "input");
    await pipeline(stdin, createWriteStream(copy, { mode: 0o600 }));
    return await regularFile(copy, remove);
  } catch (error) {
    await remove();
    throw error;
  }
}

async function regularFile(path: string, dispose: () => Promise<void>): Promise<InputFile> {
  let size: number | undefined;
  try {
    const info = await stat(path);
    if (info.isDirectory())
      throw inputError("invalid_argument", `${path} is a folder; name a file, or - for standard input`);
    // A pipe or device has no size to measure progress against.
    size = info.isFile() ? info.size : undefined;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw inputError("not_found", `${path} does not exist; name a file, or - for standard input`, cause);
  }
  return { size, read: (onBytes) => counted(createReadStream(path, { highWaterMark: 256 * 1024 }), onBytes), dispose };
}

function inputError(code: "not_found" | "invalid_argument", message: string, cause?: unknown): StorageError {
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
