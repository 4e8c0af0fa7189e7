import { type FileHandle, open } from "node:fs/promises";
import { damaged } from "../errors.js";
import type { StoredFile } from "./destination.js";
import { onDisk } from "./file-errors.js";

/** A file on this machine. */
export class LocalFile implements StoredFile {
  private constructor(
    private readonly file: FileHandle,
    readonly bytes: number,
    private readonly path: string,
  ) {}

  static async open(path: string): Promise<LocalFile> {
    return onDisk(path, async () => {
      const file = await open(path, "r");
      return new LocalFile(file, (await file.stat()).size, path);
    });
  }

  async read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array> {
    signal?.throwIfAborted();
    const buffer = new Uint8Array(Math.max(0, end - start));
    let filled = 0;
    while (filled < buffer.length) {
      const { bytesRead } = await onDisk(this.path, () =>
        this.file.read(buffer, filled, buffer.length - filled, start + filled),
      );
      if (bytesRead === 0) throw damaged(this.path, "it ends too early");
      filled += bytesRead;
    }
    return buffer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.file.close();
  }
}
