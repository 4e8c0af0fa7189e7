import { createHash, type Hash } from "node:crypto";
import { opendir, stat } from "node:fs/promises";
import { join } from "node:path";
import { isStorageError, StorageError } from "@agent-assembly/storage-core";
import { fileError, kindOf, RegularFile, sizeText } from "@agent-assembly/storage-core/backend";
import { MANIFEST_FILE } from "../folder/layout.js";
import { type ExportHeader, type FileDigest, ManifestParser } from "../folder/manifest.js";
import { decodeText, shown } from "../support/bytes.js";
import { HASH_BYTES } from "../tree/hash.js";
import { TILE_WIDTH, type Tile, tilePath } from "../tree/tile.js";
import type { TileSource } from "../tree/tile-source.js";
import type { FindingList } from "./finding-list.js";

const CHUNK_BYTES = 1024 * 1024;
/** A path, a size and a digest. */
const MANIFEST_LINE_BYTES = 1_000;
/** Files that a manifest may name: those of a tree of 250 million leaves. */
const MOST_FILES = 2_000_000;
/** Files that do not belong there and are named. */
const MOST_EXTRA = 100;

/** A file of the export that cannot be read as one: the manifest or another finding tells of it. */
export class UnreadableFile extends Error {}

/**
 * An export as it lies in a folder. It comes from others, so only regular files below the folder are opened, no link is
 * followed, and what is read at once is bounded.
 */
export class ExportFolder implements TileSource {
  header: ExportHeader | undefined;
  #files: ReadonlyMap<string, FileDigest> = new Map();
  #folders: ReadonlySet<string> = new Set();
  /** Of the files that were read to their end. */
  readonly #read = new Map<string, FileDigest>();
  readonly #absent = new Set<string>();

  private constructor(
    private readonly root: string,
    private readonly found: FindingList,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** @throws a `StorageError` where the folder cannot be read at all */
  static async open(root: string, found: FindingList, signal?: AbortSignal): Promise<ExportFolder> {
    try {
      const info = await stat(root);
      if (!info.isDirectory()) {
        throw new StorageError({
          code: "invalid_argument",
          message: `the export is ${kindOf(info)}, not a folder`,
          location: { kind: "file", place: root },
        });
      }
    } catch (error) {
      throw fileError(error, root);
    }
    return new ExportFolder(root, found, signal);
  }

  /** Reads the manifest, and compares names and sizes of all files with it. @returns whether there is something to verify */
  async survey(): Promise<boolean> {
    const parser = new ManifestParser();
    try {
      let at = 0;
      for await (const lines of this.lines(MANIFEST_FILE, MANIFEST_LINE_BYTES)) {
        for (const line of lines) {
          const problem = parser.add(line);
          at++;
          if (problem !== undefined) this.found.addFile("export_altered", MANIFEST_FILE, `line ${at} ${problem}`);
          if (parser.header === undefined || parser.files.size > MOST_FILES) return false;
        }
      }
    } catch (error) {
      if (error instanceof UnreadableFile) return false;
      throw error;
    }
    if (!parser.isComplete) this.found.addFile("export_altered", MANIFEST_FILE, "has no last line");
    this.header = parser.header;
    this.#files = parser.files;
    this.#folders = new Set([...parser.files.keys()].flatMap(foldersOf));
    await this.#compareNames();
    return this.header !== undefined;
  }

  has(path: string): boolean {
    return this.#files.has(path) && !this.#absent.has(path);
  }

  /** Whether the manifest names the file, and it is not there, which was told. */
  isMissing(path: string): boolean {
    return this.#absent.has(path);
  }

  /** Whether a path begins the names of files, such as `lists/`. */
  names(prefix: string): string[] {
    return [...this.#files.keys()].filter((path) => path.startsWith(prefix) && !this.#absent.has(path));
  }

  /** @returns all bytes; `undefined` where the manifest does not name the file, or it is not there */
  async read(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
    if (!this.has(path)) return undefined;
    try {
      await using file = await this.#open(path);
      const bytes = await file.readAll(maxBytes, this.signal);
      this.#read.set(path, digestOf(createHash("sha256").update(bytes), bytes.length));
      return bytes;
    } catch (error) {
      return this.#unreadable(path, error);
    }
  }

  async readTile(tile: Tile): Promise<Uint8Array | undefined> {
    return this.read(tilePath(tile), TILE_WIDTH * HASH_BYTES);
  }

  /**
   * The bytes of a file, a piece at a time.
   * @throws UnreadableFile
   */
  async *pieces(path: string): AsyncGenerator<Uint8Array> {
    try {
      await using file = await this.#open(path);
      const hash = createHash("sha256");
      for (let at = 0; at < file.bytes; at += CHUNK_BYTES) {
        const piece = await file.read(at, Math.min(file.bytes, at + CHUNK_BYTES), this.signal);
        hash.update(piece);
        yield piece;
      }
      this.#read.set(path, digestOf(hash, file.bytes));
    } catch (error) {
      this.#unreadable(path, error);
      throw new UnreadableFile(path, { cause: error });
    }
  }

  /**
   * The lines of a file, without their newlines, many at a time. What follows the last newline is told as a finding.
   * @param maxBytes of one line
   * @throws UnreadableFile
   */
  async *lines(path: string, maxBytes: number): AsyncGenerator<string[]> {
    let rest: Uint8Array[] = [];
    let waiting = 0;
    for await (const piece of this.pieces(path)) {
      const end = piece.lastIndexOf(0x0a) + 1;
      rest.push(piece.subarray(0, end === 0 ? piece.length : end));
      waiting += piece.length;
      if (waiting > maxBytes + CHUNK_BYTES) {
        this.found.addFile("export_altered", path, `has a line of more than ${sizeText(maxBytes)}`);
        throw new UnreadableFile(path);
      }
      if (end === 0) continue;
      const text = decodeText(Buffer.concat(rest));
      rest = [piece.subarray(end)];
      waiting = piece.length - end;
      if (text === undefined) {
        this.found.addFile("export_altered", path, "is not UTF-8");
        throw new UnreadableFile(path);
      }
      yield text.slice(0, -1).split("\n");
    }
    if (waiting > 0) this.found.addFile("export_altered", path, "does not end with a newline");
  }

  /** Tile files that were read and are not as they were written. */
  changedTiles(): string[] {
    return [...this.#read].flatMap(([path, { sha256 }]) =>
      path.startsWith("tile/") && this.#files.get(path)?.sha256 !== sha256 ? [path] : [],
    );
  }

  /** Compares all files with their digests; those of which nothing was found before are findings now. */
  async compareDigests(): Promise<void> {
    for (const [path, { bytes, sha256 }] of this.#files) {
      if (this.#absent.has(path) || this.found.isTold(path)) continue;
      if (!this.#read.has(path)) await this.#digest(path);
      const read = this.#read.get(path);
      if (read === undefined || read.sha256 === sha256) continue;
      const change = `has ${sizeText(read.bytes)} instead of ${sizeText(bytes)}`;
      if (read.bytes < bytes) this.found.addFile("export_incomplete", path, change);
      else this.found.addFile("export_altered", path, read.bytes > bytes ? change : "was changed after it was written");
    }
  }

  async #digest(path: string): Promise<void> {
    try {
      for await (const _ of this.pieces(path)) this.signal?.throwIfAborted();
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
    }
  }

  async #open(path: string): Promise<RegularFile> {
    this.signal?.throwIfAborted();
    const place = join(this.root, ...path.split("/"));
    return RegularFile.open(place, { links: "refuse", code: "corrupt", location: { kind: "file", place: path } });
  }

  /** @throws what is no property of the file, such as too many open files */
  #unreadable(path: string, error: unknown): undefined {
    this.signal?.throwIfAborted();
    if (error instanceof UnreadableFile) return;
    const { code, message } = fileError(error, path);
    if (code === "not_found") this.found.addFile("export_incomplete", path, "is missing");
    else if (isStorageError(error)) this.found.addFile("export_altered", path, `cannot be read: ${message}`);
    else throw fileError(error, path);
  }

  async #compareNames(): Promise<void> {
    const present = new Set<string>();
    await this.#walk("", present);
    for (const path of this.#files.keys()) {
      if (present.has(path)) continue;
      this.#absent.add(path);
      this.found.addFile("export_incomplete", path, "is missing");
    }
  }

  async #walk(folder: string, present: Set<string>): Promise<void> {
    let extra = 0;
    for await (const entry of await opendir(join(this.root, folder))) {
      this.signal?.throwIfAborted();
      const path = `${folder}${entry.name}`;
      if (entry.isDirectory() && this.#folders.has(`${path}/`)) await this.#walk(`${path}/`, present);
      else if (entry.isFile() && (this.#files.has(path) || path === MANIFEST_FILE)) present.add(path);
      else if (++extra <= MOST_EXTRA) {
        this.found.addFile("export_altered", shown(path), `does not belong to the export: it is ${kindOf(entry)}`);
      }
    }
  }
}

/** `a/` and `a/b/` of `a/b/c`. */
function foldersOf(path: string): string[] {
  const names = path.split("/").slice(0, -1);
  return names.map((_, at) => `${names.slice(0, at + 1).join("/")}/`);
}

function digestOf(hash: Hash, bytes: number): FileDigest {
  return { bytes, sha256: hash.digest("hex") };
}
