import { createHash } from "node:crypto";
import { StorageError } from "@agent-assembly/storage-core";
import {
  type AuditEventRow,
  matchesAuditFilter,
  type ParsedAuditFilter,
} from "@agent-assembly/storage-core/backend";
import type { ReviseOptions } from "../archive.js";
import type { Destination } from "../destinations/destination.js";
import { onDisk } from "../destinations/file-errors.js";
import { filePath, numberOfFile } from "../manifest/layout.js";
import { type ArchivedFile, type ArchiveManifest, manifestText } from "../manifest/manifest.js";
import type { ArchivedRow } from "../parquet/columns.js";
import type { ParquetFile } from "../parquet/file.js";
import { ParquetFileWriter } from "../parquet/writer.js";
import { overlaps } from "../read/archived-events.js";
import { openChecked } from "../read/checked-file.js";
import { ContentDigest } from "../read/content-digest.js";
import { fileEvents } from "../read/file-events.js";
import { readBack } from "../read/read-back.js";
import { Turns } from "../turns.js";
import type { FileSizes } from "./partition-writer.js";

/** What a revision did, or would do. */
export interface RevisedFiles {
  /** As it is to be published; the same object where no row changes. */
  readonly manifest: ArchiveManifest;
  /** Paths of files that it no longer names. */
  readonly replaced: readonly string[];
  /** Rows that changed. */
  readonly rows: number;
}

/** Writes the files of a published archive anew in which rows change, beside those that are there. */
export class FileReviser {
  readonly #written = new ContentDigest();
  readonly #found = new ContentDigest();
  readonly #turns = new Turns();
  /** Paths that may exist at the destination, and that nothing names yet. */
  readonly #paths: string[] = [];
  #rows = 0;

  constructor(
    private readonly destination: Destination,
    private readonly manifest: ArchiveManifest,
    private readonly filter: ParsedAuditFilter,
    private readonly options: ReviseOptions,
    private readonly sizes: FileSizes,
  ) {}

  /** How many rows would change, and the paths of their files. */
  async survey(): Promise<{ readonly rows: number; readonly files: readonly string[] }> {
    const files: string[] = [];
    for (const file of this.manifest.files) {
      if (!overlaps(file, this.#query)) continue;
      await using opened = await openChecked(this.destination, file.path, file, this.options.signal);
      const before = this.#rows;
      for await (const rows of fileEvents(opened.parquet, this.#place(file), this.#query)) {
        const changed = await this.options.change(rows);
        this.#rows += rows.filter((row, at) => changed[at] !== row).length;
      }
      if (this.#rows > before) files.push(file.path);
    }
    return { rows: this.#rows, files };
  }

  /** On failure and abort nothing stays behind where that is possible. */
  async write(): Promise<RevisedFiles> {
    const { manifest } = this;
    const files: ArchivedFile[] = [];
    const replaced: string[] = [];
    try {
      let next = Math.max(0, ...manifest.files.map(({ path }) => numberOfFile(path))) + 1;
      for (const file of manifest.files) {
        await using opened = await openChecked(this.destination, file.path, file, this.options.signal);
        if (await this.#changes(file, opened.parquet)) {
          files.push(await this.#rewrite(file, opened.parquet, filePath(file.date, manifest.archiveId, next++)));
          replaced.push(file.path);
        } else {
          await this.#pass(opened.parquet);
          files.push(file);
        }
      }
      if (replaced.length === 0) return { manifest, replaced, rows: 0 };
      return { manifest: this.#revised(files), replaced, rows: this.#rows };
    } catch (error) {
      await this.discard();
      throw error;
    }
  }

  /** Removes what was written. */
  async discard(): Promise<void> {
    // What went wrong before is what the caller has to know; the next revision removes the rest.
    await Promise.allSettled(this.#paths.map((path) => this.destination.remove(path)));
  }

  get #query() {
    return { filter: this.filter, order: "oldest", signal: this.options.signal } as const;
  }

  #place(file: ArchivedFile): string {
    return `${this.destination.url}/${file.path}`;
  }

  async #changes(file: ArchivedFile, parquet: ParquetFile): Promise<boolean> {
    if (!overlaps(file, this.#query)) return false;
    for await (const rows of fileEvents(parquet, this.#place(file), this.#query)) {
      const changed = await this.options.change(rows);
      if (rows.some((row, at) => changed[at] !== row)) return true;
    }
    return false;
  }

  /** A file that stays as it is. */
  async #pass(parquet: ParquetFile): Promise<void> {
    for (const group of parquet.groups) {
      for (const row of await parquet.read(group, () => true)) {
        this.#written.add(row, row.leafIndex);
        this.#found.add(row, row.leafIndex);
        if (this.#turns.areDue) await this.#turns.give();
      }
    }
  }

  async #rewrite(file: ArchivedFile, parquet: ParquetFile, path: string): Promise<ArchivedFile> {
    const { destination, options, sizes, manifest } = this;
    const staged = await destination.stage(path);
    const writer = await onDisk(staged, () =>
      ParquetFileWriter.create(staged, manifest.archiveId, manifest.evidence !== undefined, sizes.groupRows),
    );
    let isOpen = true;
    try {
      for (const group of parquet.groups) {
        options.signal?.throwIfAborted();
        for (const row of await this.#changed(await parquet.read(group, () => true))) {
          this.#written.add(row, row.leafIndex);
          if (writer.add(row, row.leafIndex)) await onDisk(staged, () => writer.flush());
          if (this.#turns.areDue) await this.#turns.give();
        }
      }
      const { minTs, maxTs, ...sums } = await onDisk(staged, () => writer.finish());
      isOpen = false;
      this.#paths.push(path);
      await destination.put(path, staged, options.signal);
      const written = { path, date: file.date, ...sums, minTs: new Date(minTs), maxTs: new Date(maxTs) };
      await readBack(destination, written, this.#found, options.signal);
      return written;
    } catch (error) {
      await Promise.allSettled([...(isOpen ? [writer.abandon()] : []), destination.unstage(staged)]);
      throw error;
    }
  }

  async #changed(rows: readonly ArchivedRow[]): Promise<readonly ArchivedRow[]> {
    const matching = rows.filter((row) => matchesAuditFilter(this.filter, row));
    if (matching.length === 0) return rows;
    const changed = await this.options.change(matching);
    const after = new Map(matching.map((row, at) => [row, changed[at] as AuditEventRow]));
    return rows.map((row) => {
      const next = after.get(row) ?? row;
      if (next === row) return row;
      this.#rows++;
      return { ...next, leafIndex: row.leafIndex };
    });
  }

  #revised(files: readonly ArchivedFile[]): ArchiveManifest {
    const contentSha256 = this.#written.finish();
    if (this.#found.finish() !== contentSha256 || this.#found.finishLeaves() !== this.#written.finishLeaves()) {
      throw new StorageError({
        code: "corrupt",
        location: { kind: "archive", place: this.destination.url },
        message: "the events that were read back are not those that were written; the archive stays as it was",
      });
    }
    const { manifest } = this;
    const previous = createHash("sha256").update(manifestText(manifest)).digest("hex");
    return {
      ...manifest,
      bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      contentSha256,
      files,
      revisions: [...(manifest.revisions ?? []), { at: new Date(), reason: this.options.reason, previous }],
    };
  }
}
