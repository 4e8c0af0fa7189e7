import { randomBytes } from "node:crypto";
import { type FileHandle, lstat, open, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { StorageError } from "@agent-assembly/storage-core";
import { kindOf } from "@agent-assembly/storage-core/backend";

/** Text is handed to the system in pieces of this size. */
const CHUNK_BYTES = 256 * 1024;

/** A file that appears under its name only when it is complete. */
export class AtomicFile {
  #buffer: string[] = [];
  #buffered = 0;
  #bytes = 0;

  private constructor(
    private readonly handle: FileHandle,
    private readonly temporary: string,
    private readonly target: string,
  ) {}

  /**
   * A link under the name is replaced, not followed: who placed it would choose what is overwritten.
   * @throws `invalid_argument` when there is a folder, a device or a pipe, which must not be replaced
   */
  static async create(target: string): Promise<AtomicFile> {
    await requireReplaceable(target);
    // In the same folder, because a rename across file systems is a copy.
    const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}.tmp`);
    // Audit data is for its owner only.
    return new AtomicFile(await open(temporary, "wx", 0o600), temporary, target);
  }

  get bytes(): number {
    return this.#bytes;
  }

  async write(text: string): Promise<void> {
    this.#buffer.push(text);
    this.#buffered += text.length;
    if (this.#buffered >= CHUNK_BYTES) await this.#flush();
  }

  async writeBytes(bytes: Uint8Array): Promise<void> {
    await this.#flush();
    await this.#append(bytes);
  }

  /** Makes the content durable and moves it into place. */
  async commit(): Promise<void> {
    await this.#flush();
    await this.handle.sync();
    await this.handle.close();
    await rename(this.temporary, this.target);
  }

  /** Leaves no trace; what was there under the name before stays. */
  async discard(): Promise<void> {
    await this.handle.close().catch(() => undefined);
    await unlink(this.temporary).catch(() => undefined);
  }

  async #flush(): Promise<void> {
    if (this.#buffered === 0) return;
    const bytes = Buffer.from(this.#buffer.join(""), "utf8");
    this.#buffer = [];
    this.#buffered = 0;
    await this.#append(bytes);
  }

  async #append(bytes: Uint8Array): Promise<void> {
    // A plain write may stop short; writeFile on a handle goes on from the current position until all is written.
    await this.handle.writeFile(bytes);
    this.#bytes += bytes.length;
  }
}

async function requireReplaceable(target: string): Promise<void> {
  let found: Awaited<ReturnType<typeof lstat>>;
  try {
    found = await lstat(target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if (found.isFile() || found.isSymbolicLink()) return;
  throw new StorageError({
    code: "invalid_argument",
    location: { kind: "file", place: target },
    message: `it is ${kindOf(found)}, not a regular file`,
    remedy: "Name another file, or write to standard output.",
    operation: "export",
  });
}
