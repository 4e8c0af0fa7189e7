import { randomBytes } from "node:crypto";
import { access, constants, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { StorageError } from "@agent-assembly/storage-core";
import { requireFoldersBelow } from "@agent-assembly/storage-core/backend";
import { temporaryName } from "../manifest/layout.js";
import type { Destination, StoredFile } from "./destination.js";
import { onDisk } from "./file-errors.js";
import { LocalFile } from "./local-file.js";

/**
 * A folder as a destination. New files and folders are accessible to their owner only, because audit data is
 * confidential.
 */
export class FileDestination implements Destination {
  readonly isRemote = false;
  /** Folders that were found to be below the root and no links. */
  readonly #known = new Set<string>();

  private constructor(
    readonly url: string,
    private readonly root: string,
  ) {}

  /** @param access `write` creates a missing folder; `read` also works on a read-only folder */
  static async open(url: string, root: string, wanted: "read" | "write"): Promise<FileDestination> {
    await onDisk({ kind: "archive folder", place: root }, async () => {
      if (wanted === "write") await makeFolder(root);
      const isFolder = (await stat(root)).isDirectory();
      if (!isFolder)
        throw new StorageError({
          code: "invalid_argument",
          option: "url",
          location: { kind: "archive folder", place: root },
          message: "it is a file, not a folder",
        });
      const rights = constants.R_OK | constants.X_OK | (wanted === "write" ? constants.W_OK : 0);
      await access(root, rights);
    });
    return new FileDestination(url, root);
  }

  async stage(path: string): Promise<string> {
    const final = this.#local(path);
    const folder = dirname(final);
    await this.#requireFolders(path);
    await onDisk(folder, () => mkdir(folder, { recursive: true, mode: 0o700 }));
    await this.#requireFolders(path);
    return join(folder, temporaryName(final.slice(folder.length + 1), randomBytes(6).toString("hex")));
  }

  async put(path: string, staged: string): Promise<void> {
    const final = this.#local(path);
    await onDisk(final, async () => {
      // A link under the final name is replaced, not followed.
      await rename(staged, final);
      await syncFolders(dirname(final), this.root);
    });
  }

  async unstage(staged: string): Promise<void> {
    await onDisk(staged, () => rm(staged, { force: true }));
  }

  async open(path: string): Promise<StoredFile> {
    await this.#requireFolders(path);
    return LocalFile.open(this.#local(path));
  }

  async list(folder: string): Promise<string[]> {
    const local = this.#local(folder);
    await this.#requireFolders(folder);
    const found = await onDisk(local, async () => {
      try {
        return await readdir(local, { withFileTypes: true, recursive: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
        throw error;
      }
    });
    return (
      found
        // What is neither folder nor file is listed, to be refused by name when it is opened.
        .filter((entry) => !entry.isDirectory())
        .map((entry) => relative(this.root, join(entry.parentPath, entry.name)).split(sep).join("/"))
        .sort()
    );
  }

  async remove(path: string): Promise<void> {
    const local = this.#local(path);
    await this.#requireFolders(path);
    await onDisk(local, () => rm(local, { force: true }));
  }

  async erase(path: string): Promise<undefined> {
    await this.remove(path);
    const local = this.#local(path);
    // A name that is gone after a crash, too.
    await onDisk(local, () => syncFolders(dirname(local), dirname(local)));
  }

  async lockOf(): Promise<undefined> {
    // What cannot be written is refused when the archive is opened.
  }

  async close(): Promise<void> {
    // Nothing stays open between calls.
  }

  /** @param path of a file, or of a folder with `/` at its end. @throws `corrupt` for a folder that is a link */
  async #requireFolders(path: string): Promise<void> {
    const folder = path.slice(0, path.lastIndexOf("/"));
    if (this.#known.has(folder)) return;
    const exist = await onDisk(this.#local(folder), () =>
      requireFoldersBelow(this.root, folder.split("/"), {
        links: "refuse",
        code: "corrupt",
        location: { kind: "archive folder", place: this.root },
        remedy: "Put the folder itself in its place.",
      }),
    );
    if (exist) this.#known.add(folder);
  }

  #local(path: string): string {
    return join(this.root, ...path.split("/"));
  }
}

/** Creates a folder with its parents, durably, because archived data is then deleted from the store. */
async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first !== undefined) await syncFolders(dirname(path), dirname(first));
}

/** Syncs a folder, which makes new names in it durable. @param last one of the parents of `first`, or `first` itself */
async function syncFolders(first: string, last: string): Promise<void> {
  // Windows has no such call; it writes names through.
  if (process.platform === "win32") return;
  for (let path = first; ; path = dirname(path)) {
    const folder = await open(path, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
    if (path === last || path === dirname(path)) return;
  }
}
