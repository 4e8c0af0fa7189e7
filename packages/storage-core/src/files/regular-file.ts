import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, open, stat } from "node:fs/promises";
import { type ErrorLocation, StorageError, type StorageErrorCode } from "../errors.js";
import { kindAt, kindOf, sizeText } from "./kind.js";

/** How files of one kind are opened, and what an error about them says. */
export interface FileRules {
  /**
   * `refuse` where others may have placed the link. `follow` where the user named the file; what the link leads to must
   * be a regular file all the same.
   */
  readonly links: "follow" | "refuse";
  /** Of refusals; default `invalid_argument`, and `too_large` for a size. */
  readonly code?: StorageErrorCode | undefined;
  readonly location: ErrorLocation;
  readonly option?: string | undefined;
  /** What to do about a file that is none, in full sentences. */
  readonly remedy?: string | undefined;
}

/** Only POSIX systems have these; on Windows a link is recognised before and after opening. */
const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_NOCTTY = 0 } = constants;

/**
 * A regular file that is open for reading: no device, no folder, no FIFO whose other end may never answer. What is read
 * is what was opened, whatever is put under the name meanwhile.
 */
export class RegularFile implements AsyncDisposable {
  private constructor(
    private readonly handle: FileHandle,
    /** When it was opened. */
    readonly bytes: number,
    /** Of the file itself, whatever its name is meanwhile. */
    readonly identity: string,
    private readonly rules: FileRules,
  ) {}

  /**
   * Never waits for another process.
   * @throws a {@link StorageError} that says what the path is, when it is not a regular file; errors of the file system
   * unchanged
   */
  static async open(path: string, rules: FileRules): Promise<RegularFile> {
    // Opening a device can already do something, so the path is looked at first.
    const found = await (rules.links === "refuse" ? lstat(path) : stat(path));
    if (!found.isFile()) throw notRegular(await kindAt(path, found), rules);
    const noFollow = rules.links === "refuse" ? O_NOFOLLOW : 0;
    let handle: FileHandle;
    try {
      // Another file may be there by now: O_NONBLOCK opens a FIFO without waiting for its writer.
      handle = await open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | noFollow);
    } catch (error) {
      if (noFollow !== 0 && (error as NodeJS.ErrnoException).code === "ELOOP") {
        throw notRegular("a symbolic link", rules, error);
      }
      throw error;
    }
    try {
      const opened = await handle.stat();
      if (!opened.isFile()) throw notRegular(kindOf(opened), rules);
      if (rules.links === "refuse" && O_NOFOLLOW === 0 && !isSameFile(found, opened)) {
        throw refusal("another file was put in its place while it was opened", rules);
      }
      return new RegularFile(handle, opened.size, identityOf(opened), rules);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /**
   * Exactly the bytes `[start, end)`.
   * @throws `rules.code` when the file ends before; errors of the file system unchanged
   */
  async read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array> {
    signal?.throwIfAborted();
    const buffer = new Uint8Array(Math.max(0, end - start));
    let filled = 0;
    while (filled < buffer.length) {
      const { bytesRead } = await this.handle.read(buffer, filled, buffer.length - filled, start + filled);
      if (bytesRead === 0) throw refusal("it ends too early", this.rules);
      filled += bytesRead;
    }
    return buffer;
  }

  /** Up to `length` bytes from `start` on: fewer where the file ends, which may still be written. */
  async readUpTo(start: number, length: number): Promise<Uint8Array> {
    const buffer = new Uint8Array(length);
    const { bytesRead } = await this.handle.read(buffer, 0, length, start);
    return buffer.subarray(0, bytesRead);
  }

  /** All bytes. @throws `rules.code` when they are more than `maxBytes`, or their number changes meanwhile */
  async readAll(maxBytes: number, signal?: AbortSignal): Promise<Uint8Array> {
    if (this.bytes > maxBytes) throw fileTooLarge(this.bytes, maxBytes, this.rules);
    const all = await this.read(0, this.bytes, signal);
    await this.requireUnchanged();
    return all;
  }

  /** @throws `rules.code` when the file has another size than when it was opened */
  async requireUnchanged(): Promise<void> {
    const { size } = await this.handle.stat();
    if (size === this.bytes) return;
    const what = size > this.bytes ? "it grew" : "it became shorter";
    throw refusal(`${what} while it was read, from ${sizeText(this.bytes)} to ${sizeText(size)}`, this.rules);
  }

  /** A stream of the bytes from the start on. Ending it leaves the file open. */
  stream(highWaterMark: number): AsyncIterable<Uint8Array> {
    return this.handle.createReadStream({ start: 0, autoClose: false, highWaterMark }) as AsyncIterable<Uint8Array>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.handle.close();
  }
}

/** @param bytes how large it is, where that is known */
export function fileTooLarge(bytes: number | undefined, maxBytes: number, rules: FileRules): StorageError {
  const { code = "too_large" } = rules;
  const limit = sizeText(maxBytes);
  const message =
    bytes === undefined
      ? `it is larger than the ${limit} that are read at most`
      : `it has ${sizeText(bytes)} (${bytes} bytes); at most ${limit} are read`;
  return refusal(message, { ...rules, code });
}

/** @param kind what it is: `a folder` */
export function notRegular(kind: string, rules: FileRules, cause?: unknown): StorageError {
  return refusal(`it is ${kind}, not a regular file`, rules, cause);
}

function refusal(message: string, { code = "invalid_argument", ...about }: FileRules, cause?: unknown): StorageError {
  const { location, option, remedy } = about;
  return new StorageError({ code, location, option, message, remedy, cause });
}

/** What two names of one file have in common, and two files have not. */
export function identityOf({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}

function isSameFile(a: Stats, b: Stats): boolean {
  return identityOf(a) === identityOf(b);
}
