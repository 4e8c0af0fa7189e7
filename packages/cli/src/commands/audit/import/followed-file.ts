import { stat } from "node:fs/promises";
import { identityOf, RegularFile } from "@agent-assembly/storage-core/backend";

const CHUNK_BYTES = 256 * 1024;
/** Bytes before the place at hand that are read again, to tell whether they still are what they were. */
const CHECKED_BYTES = 256;

/** What became of a file since it was looked at last. */
export type FileChange = "same" | "grown" | "truncated" | "rewritten" | "replaced" | "removed";

/** A file that is still being written, or will be. */
export class FollowedFile {
  #file: RegularFile | undefined;
  #identity: string | undefined;
  #position = 0;
  /** The last bytes that were read. */
  #end = Buffer.alloc(0);
  #modified: number | undefined;

  constructor(readonly path: string) {}

  /** @throws errors of the file system; a `StorageError` when it is no regular file */
  async look(): Promise<FileChange> {
    const info = await stat(this.path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT" || this.#identity === undefined) throw error;
      return undefined;
    });
    if (info === undefined) return "removed";
    if (this.#identity !== undefined && identityOf(info) !== this.#identity) return "replaced";
    if (info.size < this.#position) return "truncated";
    if (info.mtimeMs === this.#modified && info.size === this.#position) return "same";
    await this.#open();
    if (!(await this.#endsAsBefore())) return "rewritten";
    this.#modified = info.mtimeMs;
    return info.size > this.#position ? "grown" : "same";
  }

  /** What follows, up to the end of the file; of one that was replaced, to the end of the file that was there before. */
  async *read(): AsyncGenerator<Uint8Array> {
    const file = await this.#open();
    for (;;) {
      const chunk = await file.readUpTo(this.#position, CHUNK_BYTES);
      if (chunk.length === 0) return;
      this.#position += chunk.length;
      this.#end = Buffer.from(Buffer.concat([this.#end, chunk]).subarray(-CHECKED_BYTES));
      yield chunk;
    }
  }

  /** Whether what was there before can still be read after another file took its name. */
  get isOpen(): boolean {
    return this.#file !== undefined;
  }

  /** The next bytes are those at the beginning of what is under the name then. */
  async restart(): Promise<void> {
    await this.close();
    this.#identity = undefined;
    this.#position = 0;
    this.#end = Buffer.alloc(0);
    this.#modified = undefined;
  }

  /** Until it is read again. */
  async close(): Promise<void> {
    await this.#file?.[Symbol.asyncDispose]();
    this.#file = undefined;
  }

  async #open(): Promise<RegularFile> {
    if (this.#file !== undefined) return this.#file;
    const file = await RegularFile.open(this.path, {
      links: "follow",
      location: { kind: "file", place: this.path },
      remedy: "Name a regular file.",
    });
    this.#identity ??= file.identity;
    this.#file = file;
    return file;
  }

  async #endsAsBefore(): Promise<boolean> {
    const file = await this.#open();
    if (file.identity !== this.#identity) return false;
    const there = await file.readUpTo(this.#position - this.#end.length, this.#end.length);
    return this.#end.equals(there);
  }
}
