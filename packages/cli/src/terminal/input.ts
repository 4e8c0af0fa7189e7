import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addAbortSignal, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { StorageError } from "@agent-assembly/storage-core";
import {
  collect,
  type FileRules,
  fileError,
  type OpenedInput,
  openInput as openPath,
  RegularFile,
  sharingOf,
} from "@agent-assembly/storage-core/backend";
import { escapeText } from "./escape.js";
import type { Output } from "./output.js";

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
  readonly err: Pick<Output, "line">;
  readonly signal: AbortSignal;
  resolvePath(path: string): string;
}

export interface OpenInputOptions {
  /** Copy what can be read only once to a temporary file, so that it can be read twice. */
  readonly repeatable?: boolean;
}

const CHUNK_BYTES = 256 * 1024;
const REMEDY = "Name a file or a pipe, or - for standard input.";

/** @param file a path of a file or pipe, or `-` for standard input; Ctrl-C ends waiting for both */
export async function openInput(
  place: InputPlace,
  file: string,
  { repeatable = false }: OpenInputOptions = {},
): Promise<InputFile> {
  const { signal } = place;
  const input = file === "-" ? { pipe: addAbortSignal(signal, place.stdin) } : await open(place, file, "all");
  if ("file" in input) return regularFile(input.file);
  const { pipe } = input;
  if (repeatable) return copyOf(pipe);
  return {
    size: undefined,
    read: (onBytes) => counted(pipe, onBytes),
    dispose: async () => void (file === "-" || pipe.destroy()),
  };
}

/**
 * All of a small file, or of standard input for `-`.
 * @throws `too_large` for more than `maxBytes`, which are not read
 */
export async function readSmallInput(place: InputPlace, file: string, maxBytes: number): Promise<Uint8Array> {
  const { signal } = place;
  if (file === "-") {
    return collect(addAbortSignal(signal, place.stdin), rulesFor("standard input"), maxBytes, signal);
  }
  const input = await open(place, file, "given");
  if ("pipe" in input) return collect(input.pipe, rulesFor(file), maxBytes, signal);
  await using opened = input.file;
  return await opened.readAll(maxBytes, signal);
}

async function open(place: InputPlace, file: string, pipes: "all" | "given"): Promise<OpenedInput> {
  const { signal } = place;
  const path = place.resolvePath(file);
  try {
    const input = await openPath(path, rulesFor(path), { pipes, signal });
    const { write } = "file" in input ? await sharingOf(path) : {};
    if (write !== undefined) await place.err.line(`aasm: note: ${escapeText(write)}`);
    return input;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw fileError(cause, path);
    const message = `${path} does not exist; name a file, or - for standard input`;
    throw new StorageError({ code: "not_found", message, operation: "import", cause });
  }
}

/** People link files that they name, so that links are followed. */
function rulesFor(place: string): FileRules {
  return { links: "follow", location: { kind: "file", place }, remedy: REMEDY };
}

function regularFile(file: RegularFile, remove: () => Promise<void> = async () => undefined): InputFile {
  return {
    size: file.bytes,
    read: (onBytes) => counted(file.stream(CHUNK_BYTES), onBytes),
    dispose: async () => {
      await file[Symbol.asyncDispose]();
      await remove();
    },
  };
}

async function copyOf(source: Readable): Promise<InputFile> {
  const folder = await mkdtemp(join(tmpdir(), "aasm-import-"));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const copy = join(folder, "input");
    await pipeline(source, createWriteStream(copy, { flags: "wx", mode: 0o600 }));
    return regularFile(await RegularFile.open(copy, { ...rulesFor(copy), links: "refuse" }), remove);
  } catch (error) {
    await remove();
    throw error;
  }
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
