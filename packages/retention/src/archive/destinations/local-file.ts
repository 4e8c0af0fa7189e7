import { RegularFile } from "@agent-assembly/storage-core/backend";
import { RESTORE_A_COPY } from "../errors.js";
import type { StoredFile } from "./destination.js";
import { onDisk } from "./file-errors.js";

/** A file on this machine. */
export class LocalFile implements StoredFile {
  private constructor(
    private readonly file: RegularFile,
    private readonly path: string,
  ) {}

  /** @throws `corrupt` for what is no regular file, also for a link: a link leads to what is not of the archive */
  static async open(path: string): Promise<LocalFile> {
    const location = { kind: "damaged file", place: path };
    return onDisk(path, async () => {
      const file = await RegularFile.open(path, { links: "refuse", code: "corrupt", location, remedy: RESTORE_A_COPY });
      return new LocalFile(file, path);
    });
  }

  get bytes(): number {
    return this.file.bytes;
  }

  async read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array> {
    signal?.throwIfAborted();
    return onDisk(this.path, () => this.file.read(start, end));
  }

  async requireUnchanged(): Promise<void> {
    await onDisk(this.path, () => this.file.requireUnchanged());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.file[Symbol.asyncDispose]();
  }
}
