import { execFile } from "node:child_process";
import { mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const PIECE = Buffer.alloc(1024 * 1024);

/** A file system in memory that can be filled, or, where none can be made, a folder. */
export class SmallDisk {
  private constructor(
    readonly folder: string,
    /** Why it cannot be filled. */
    readonly problem: string | undefined,
  ) {}

  /** @param bytes how many it has */
  static async mount(folder: string, bytes: number): Promise<SmallDisk> {
    await mkdir(folder);
    if (process.platform !== "linux") return new SmallDisk(folder, "only Linux mounts file systems in memory");
    try {
      await run("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", folder]);
      return new SmallDisk(folder, undefined);
    } catch (error) {
      return new SmallDisk(folder, `mounting a file system in memory failed (${(error as Error).message.trim()})`);
    }
  }

  /** Takes every byte that is left. */
  async fill(): Promise<void> {
    const ballast = await open(this.#ballast, "a");
    try {
      for (let piece = PIECE; piece.length > 0; ) {
        try {
          await ballast.write(piece);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
          piece = piece.subarray(0, piece.length >> 1);
        }
      }
    } finally {
      await ballast.close();
    }
  }

  async free(): Promise<void> {
    await rm(this.#ballast, { force: true });
  }

  async unmount(): Promise<void> {
    if (this.problem === undefined) await run("umount", ["--lazy", this.folder]);
  }

  get #ballast(): string {
    return join(this.folder, "ballast");
  }
}
