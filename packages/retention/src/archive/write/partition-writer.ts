import { StorageError } from "@agent-assembly/storage-core";
import { type AuditEventRow, compareAuditKeys, invalidArgument, utcDay } from "@agent-assembly/storage-core/backend";
import type { ArchiveEntry, WriteOptions } from "../archive.js";
import type { Destination } from "../destinations/destination.js";
import { onDisk } from "../destinations/file-errors.js";
import { MAX_FILES } from "../limits.js";
import { evidencePath, filePath } from "../manifest/layout.js";
import { type ArchivedEvidence, type ArchivedFile, type ArchiveManifest, MANIFEST_FORMAT } from "../manifest/manifest.js";
import { WRITER } from "../manifest/writer-version.js";
import { archivedRow } from "../parquet/archived-row.js";
import { ARCHIVED_COLUMNS, SEALED_COLUMNS } from "../parquet/columns.js";
import { ParquetFileWriter } from "../parquet/writer.js";
import { ContentDigest } from "../read/content-digest.js";
import { readBack } from "../read/read-back.js";
import { Turns } from "../turns.js";
import { writeLines } from "./write-lines.js";

export interface FileSizes {
  /** Events of one day beyond this many begin another file; default 1,000,000. */
  readonly fileRows?: number | undefined;
  /** Rows of a full row group; default 10,000. */
  readonly groupRows?: number | undefined;
}

const FILE_ROWS = 1_000_000;

interface OpenFile {
  readonly date: string;
  readonly path: string;
  readonly staged: string;
  readonly writer: ParquetFileWriter;
}

/** Writes the events of one partition into files, one after another, and checks each as soon as it is there. */
export class PartitionWriter {
  readonly #written = new ContentDigest();
  readonly #found = new ContentDigest();
  readonly #files: ArchivedFile[] = [];
  /** Paths that may exist at the destination. */
  readonly #paths: string[] = [];
  #open: OpenFile | undefined;
  #last: AuditEventRow | undefined;
  #rows = 0;
  readonly #leaves: { first: number | null; last: number | null } = { first: null, last: null };

  constructor(
    private readonly destination: Destination,
    private readonly entry: ArchiveEntry,
    private readonly options: WriteOptions,
    private readonly sizes: FileSizes = {},
  ) {}

  /** On failure and abort nothing stays behind where that is possible. */
  async write(rows: AsyncIterable<readonly AuditEventRow[]>): Promise<ArchiveManifest> {
    try {
      const turns = new Turns();
      for await (const batch of rows) {
        const leaves = await this.entry.evidence?.leavesOf(batch);
        for (const [at, row] of batch.entries()) {
          this.options.signal?.throwIfAborted();
          await this.#add(this.#archived(row), leaves?.[at] ?? null);
          if (turns.areDue) await turns.give();
        }
      }
      // A source that is aborted as well may just end, which must not pass for the end of the partition.
      this.options.signal?.throwIfAborted();
      await this.#closeFile();
      return this.#manifest(await this.#writeEvidence());
    } catch (error) {
      await this.#removeAll();
      throw error;
    }
  }

  #archived(stored: AuditEventRow): AuditEventRow {
    const index = this.#rows;
    const row = archivedRow(stored, index);
    const { from, to } = this.entry.partition;
    if (row.ts < from.getTime() || row.ts >= to.getTime()) {
      throw invalidArgument(`rows[${index}]`, "lies outside the partition's time range");
    }
    if (this.#last !== undefined && compareAuditKeys(this.#last, row) >= 0) {
      throw invalidArgument(`rows[${index}]`, "does not follow the event before it in the order of ts and eventId");
    }
    return row;
  }

  async #add(event: AuditEventRow, leaf: number | null): Promise<void> {
    const date = utcDay(event.ts).id;
    const { fileRows = FILE_ROWS } = this.sizes;
    if (this.#open !== undefined) {
      const { writer } = this.#open;
      if (this.#open.date !== date || writer.rows >= fileRows || writer.isFull) await this.#closeFile();
    }
    this.#open ??= await this.#openFile(date);
    const { writer, staged } = this.#open;
    this.#written.add(event, leaf);
    if (leaf !== null) {
      if (this.#leaves.first === null || leaf < this.#leaves.first) this.#leaves.first = leaf;
      if (this.#leaves.last === null || leaf > this.#leaves.last) this.#leaves.last = leaf;
    }
    this.#last = event;
    this.#rows++;
    if (!writer.add(event, leaf)) return;
    await onDisk(staged, () => writer.flush());
    this.#report(writer.bytes);
  }

  async #openFile(date: string): Promise<OpenFile> {
    if (this.#files.length >= MAX_FILES) {
      const message = `the partition needs more than ${MAX_FILES} files, which is the most that a manifest can name`;
      throw new StorageError({ code: "unsupported", message, remedy: "Archive smaller partitions." });
    }
    const path = filePath(date, this.entry.archiveId, this.#files.length + 1);
    const staged = await this.destination.stage(path);
    const writer = await onDisk(staged, () =>
      ParquetFileWriter.create(staged, this.entry.archiveId, this.entry.evidence !== undefined, this.sizes.groupRows),
    );
    return { date, path, staged, writer };
  }

  async #closeFile(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    const { date, path, staged, writer } = open;
    const { minTs, maxTs, ...sizes } = await onDisk(staged, () => writer.finish());
    const { signal } = this.options;
    this.#paths.push(path);
    await this.destination.put(path, staged, signal);
    this.#open = undefined;
    const file: ArchivedFile = { path, date, ...sizes, minTs: new Date(minTs), maxTs: new Date(maxTs) };
    await readBack(this.destination, file, this.#found, signal);
    this.#files.push(file);
    this.#report(0);
  }

  async #writeEvidence(): Promise<ArchivedEvidence | undefined> {
    const { archiveId, evidence } = this.entry;
    if (evidence === undefined) return undefined;
    const { log, origin } = evidence;
    const files = [];
    for (const [name, lines] of [
      ["tiles.jsonl", evidence.tiles()],
      ["seeds.jsonl", evidence.seeds()],
    ] as const) {
      const path = evidencePath(archiveId, name);
      this.#paths.push(path);
      files.push(await writeLines(this.destination, path, lines, this.options.signal));
    }
    return { log, origin, ...this.#leaves, files };
  }

  #manifest(evidence: ArchivedEvidence | undefined): ArchiveManifest {
    const contentSha256 = this.#written.finish();
    if (this.#found.finish() !== contentSha256 || this.#found.finishLeaves() !== this.#written.finishLeaves()) {
      throw new StorageError({
        code: "corrupt",
        location: { kind: "archive", place: this.destination.url },
        message: "the events that were read back are not those that were written; nothing was published",
      });
    }
    const { archiveId, partition, reason } = this.entry;
    return {
      format: MANIFEST_FORMAT,
      formatVersion: evidence === undefined ? 1 : 2,
      writer: WRITER,
      archiveId,
      dataset: "audit",
      partition: { id: partition.id, from: partition.from, to: partition.to },
      ...(reason === undefined ? {} : { reason }),
      createdAt: new Date(),
      schema: evidence === undefined ? ARCHIVED_COLUMNS : SEALED_COLUMNS,
      rows: this.#rows,
      bytes: this.#bytes(),
      minTs: this.#files[0]?.minTs ?? null,
      maxTs: this.#files.at(-1)?.maxTs ?? null,
      contentSha256,
      files: this.#files,
      ...(evidence === undefined ? {} : { evidence }),
    };
  }

  #bytes(): number {
    return this.#files.reduce((sum, file) => sum + file.bytes, 0);
  }

  #report(openBytes: number): void {
    this.options.onProgress?.({ rows: this.#rows, bytes: this.#bytes() + openBytes });
  }

  /** What went wrong first is what the caller has to know; what could not be removed is for `discard`. */
  async #removeAll(): Promise<void> {
    const open = this.#open;
    await Promise.allSettled([
      ...(open === undefined ? [] : [open.writer.abandon(), this.destination.unstage(open.staged)]),
      ...this.#paths.map((path) => this.destination.remove(path)),
    ]);
  }
}
