import { createHash, type Hash } from "node:crypto";
import { type FileHandle, lstat, mkdir, mkdtemp, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { invalidArgument } from "@agent-assembly/storage-core/backend";
import type { FileDigest } from "../folder/manifest.js";

/** Lines are written in pieces of this size. */
const PIECE_BYTES = 1024 * 1024;

/**
 * A folder that comes into being at once: it is written beside its place, under a name that begins with a dot, and renamed when it
 * is complete. Only its user can read it, because an export holds what was recorded.
 */
export class FolderWriter implements AsyncDisposable {
  readonly digests = new Map<string, FileDigest>();
  readonly #made = new Set<string>();
  #isDone = false;

  private constructor(
    private readonly target: string,
    private readonly staged: string,
  ) {}

  /** @throws `invalid_argument` where something has the name already; errors of the file system unchanged */
  static async create(folder: string): Promise<FolderWriter> {
    const target = resolve(folder);
    await requireFree(target);
    await mkdir(dirname(target), { recursive: true });
    return new FolderWriter(target, await mkdtemp(join(dirname(target), `.${basename(target)}-unfinished-`)));
  }

  /** Writes a file. @param path below the folder, with `/` */
  async write(path: string, content: Uint8Array | string): Promise<void> {
    await using file = await this.lines(path);
    await file.write(content);
  }

  /** Begins a file that is written piece by piece. */
  async lines(path: string): Promise<FileInFolder> {
    const file = join(this.staged, ...path.split("/"));
    const parent = dirname(file);
    if (!this.#made.has(parent)) await mkdir(parent, { recursive: true, mode: 0o700 });
    this.#made.add(parent);
    return new FileInFolder(await open(file, "wx", 0o600), (digest) => this.digests.set(path, digest));
  }

  /** Gives the folder its name. */
  async finish(): Promise<string> {
    await requireFree(this.target);
    await rename(this.staged, this.target);
    this.#isDone = true;
    return this.target;
  }

  /** Removes what was written, unless it was finished. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isDone) await rm(this.staged, { recursive: true, force: true });
  }
}

async function requireFree(target: string): Promise<void> {
  try {
    await lstat(target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  throw invalidArgument("folder", "must be a name that is free, and something has it", "Name a new folder.");
}

/** A file that is being written. */
export class FileInFolder implements AsyncDisposable {
  readonly #hash: Hash = createHash("sha256");
  #pieces: Buffer[] = [];
  #waiting = 0;
  #bytes = 0;

  constructor(
    private readonly handle: FileHandle,
    private readonly onClosed: (digest: FileDigest) => void,
  ) {}

  async write(content: Uint8Array | string): Promise<void> {
    const piece = typeof content === "string" ? Buffer.from(content) : Buffer.from(content);
    this.#pieces.push(piece);
    this.#waiting += piece.length;
    if (this.#waiting >= PIECE_BYTES) await this.#flush();
  }

  async #flush(): Promise<void> {
    const piece = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#waiting = 0;
    this.#hash.update(piece);
    this.#bytes += piece.length;
    await this.handle.appendFile(piece);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (this.#waiting > 0) await this.#flush();
    } finally {
      await this.handle.close();
    }
    this.onClosed({ bytes: this.#bytes, sha256: this.#hash.digest("hex") });
  }
}
