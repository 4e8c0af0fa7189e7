import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { stat } from "node:fs/promises";
import { addAbortSignal, type Readable } from "node:stream";
import { kindOf } from "./kind.js";
import { type FileRules, fileTooLarge, notRegular, RegularFile } from "./regular-file.js";

const { O_RDONLY, O_NONBLOCK = 0, O_NOCTTY = 0 } = constants;
/** What a shell makes of `<(command)`, and names of standard input. */
const DESCRIPTOR = /^\/(?:dev\/(?:fd\/\d+|stdin)|proc\/(?:self|\d+)\/fd\/\d+)$/;

/** What a path that a user named leads to: a file, or a pipe, which can be read once. */
export type OpenedInput = { readonly file: RegularFile } | { readonly pipe: Readable };

/** Which pipes are read beside regular files, and until when. */
export interface InputOptions {
  /** `given`: those that the shell handed to this process, such as `<(command)`, but no FIFO that lies in a folder. */
  readonly pipes: "all" | "given";
  /** Ends waiting for a pipe's writer, and reading from it. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens what a user named for reading. A pipe without a writer is waited for when it is read, not here.
 * @throws a `StorageError` for all but a file or a pipe; errors of the file system unchanged
 */
export async function openInput(path: string, rules: FileRules, { pipes, signal }: InputOptions): Promise<OpenedInput> {
  const found = await stat(path);
  const isPipe = found.isFIFO() && (pipes === "all" || DESCRIPTOR.test(path));
  if (!isPipe) return { file: await RegularFile.open(path, rules) };
  // A thread that waits in `open` or `read` keeps the process from ending. A socket waits in the event loop.
  const { Socket } = await import("node:net");
  const descriptor = openSync(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  try {
    const opened = fstatSync(descriptor);
    if (!opened.isFIFO()) throw notRegular(kindOf(opened), rules);
    const pipe = new Socket({ fd: descriptor, readable: true, writable: false });
    return { pipe: signal === undefined ? pipe : addAbortSignal(signal, pipe) };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/**
 * All bytes of a small file, or of a pipe up to its end.
 * @throws `rules.code` for more than `maxBytes`, which are not read; what {@link openInput} throws; the signal's reason
 */
export async function readInput(
  path: string,
  rules: FileRules,
  { maxBytes, ...options }: InputOptions & { readonly maxBytes: number },
): Promise<Uint8Array> {
  const input = await openInput(path, rules, options);
  if ("file" in input) {
    await using file = input.file;
    return await file.readAll(maxBytes, options.signal);
  }
  return collect(input.pipe, rules, maxBytes, options.signal);
}

/**
 * All bytes of a stream.
 * @throws `rules.code` as soon as there are more than `maxBytes`; the signal's reason
 */
export async function collect(
  stream: AsyncIterable<unknown>,
  rules: FileRules,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of stream) {
      const part = typeof chunk === "string" ? Buffer.from(chunk) : (chunk as Uint8Array);
      bytes += part.length;
      if (bytes > maxBytes) throw fileTooLarge(undefined, maxBytes, rules);
      parts.push(part);
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
  return Buffer.concat(parts);
}
