import { createHash, type Hash } from "node:crypto";
import { open } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import type { AuditEventRow } from "@agent-assembly/storage-core/backend";
import type { RowGroup } from "hyparquet";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { MAX_GROUP_ROWS, MAX_ROW_GROUPS } from "../limits.js";
import { WRITER } from "../manifest/writer-version.js";
import { columnsOf, leafColumnOf, PARQUET_SCHEMA, sealedSchema } from "./columns.js";
import { fileMetadata } from "./file-metadata.js";
import { byteRange, type Piece, type PieceDigests, sha256 } from "./row-group-bytes.js";

/** Rows of a full row group. */
const GROUP_ROWS = MAX_GROUP_ROWS;
/** A row group ends early at this much payload text, in UTF-16 code units: rows may have 256 KiB each. */
const GROUP_TEXT = 16 * 1024 * 1024;
/** Half of the default's time for 7 % more bytes. */
const GZIP_LEVEL = 4;

export interface WrittenFile {
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly footer: { readonly bytes: number; readonly sha256: string };
  readonly minTs: number;
  readonly maxTs: number;
}

/** What takes the bytes of a file, such as a file handle. */
interface ByteSink {
  appendFile(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Writes one Parquet file, a row group at a time, so that memory does not grow with the file. */
export class ParquetFileWriter {
  readonly #buffer = new ByteWriter();
  readonly #hash: Hash = createHash("sha256");
  readonly #parquet: ParquetWriter;
  readonly #digests: PieceDigests[] = [];
  #group: AuditEventRow[] = [];
  #leaves: (number | null)[] = [];
  #groupText = 0;
  #rows = 0;
  #bytes = 0;
  #minTs = Number.NaN;
  #maxTs = Number.NaN;

  private constructor(
    private readonly file: ByteSink,
    private readonly archiveId: string | undefined,
    private readonly groupRows: number,
    private readonly hasLeaves: boolean,
  ) {
    this.#parquet = new ParquetWriter({
      writer: this.#buffer,
      schema: hasLeaves ? sealedSchema(PARQUET_SCHEMA) : PARQUET_SCHEMA,
      // In every Node.js, in every reader, and with a checksum that snappy does not have.
      codec: "GZIP",
      compressors: { GZIP: (bytes) => gzipSync(bytes, { level: GZIP_LEVEL }) },
      // Cut-off bounds would have to be rounded up by the code point to stay bounds.
      statisticsTruncateLength: Number.POSITIVE_INFINITY,
      createdBy: `${WRITER.name} version ${WRITER.version}`,
    });
  }

  /** Creates the local file, readable by this user only. @param hasLeaves whether it says which leaves the events have */
  static async create(
    path: string,
    archiveId: string,
    hasLeaves: boolean,
    groupRows = GROUP_ROWS,
  ): Promise<ParquetFileWriter> {
    return new ParquetFileWriter(await open(path, "wx", 0o600), archiveId, groupRows, hasLeaves);
  }

  /** Writes a file that belongs to no archive. */
  static into(sink: ByteSink): ParquetFileWriter {
    return new ParquetFileWriter(sink, undefined, GROUP_ROWS, false);
  }

  get rows(): number {
    return this.#rows;
  }

  /** Whether it has as many row groups as a file may have. */
  get isFull(): boolean {
    return this.#digests.length >= MAX_ROW_GROUPS;
  }

  /** What has reached the file. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @param leaf of the event. @returns true when the row group is full, so that `flush` is due */
  add(event: AuditEventRow, leaf: number | null = null): boolean {
    if (this.#rows++ === 0) this.#minTs = event.ts;
    this.#maxTs = event.ts;
    this.#group.push(event);
    this.#leaves.push(leaf);
    this.#groupText += event.payload?.length ?? 0;
    return this.#group.length >= this.groupRows || this.#groupText >= GROUP_TEXT;
  }

  async flush(): Promise<void> {
    if (this.#group.length === 0) return;
    const columns = columnsOf(this.#group);
    const columnData = this.hasLeaves
      ? [...columns.slice(0, -1), leafColumnOf(this.#leaves), ...columns.slice(-1)]
      : columns;
    const rowGroupSize = this.#group.length;
    this.#group = [];
    this.#leaves = [];
    this.#groupText = 0;
    this.#parquet.write({ columnData, rowGroupSize });
    this.#digests.push(this.#digestsOfGroup());
    await this.#drain();
  }

  /** Completes the file and waits until the disk has it. */
  async finish(): Promise<WrittenFile> {
    await this.flush();
    this.#parquet.kvMetadata = fileMetadata(this.archiveId, this.#digests, this.hasLeaves ? 2 : 1);
    this.#parquet.finish();
    const footer = { bytes: this.#buffer.index, sha256: sha256(this.#pending()) };
    await this.#drain();
    await this.file.sync();
    await this.file.close();
    return {
      rows: this.#rows,
      bytes: this.#bytes,
      sha256: this.#hash.digest("hex"),
      footer,
      minTs: this.#minTs,
      maxTs: this.#maxTs,
    };
  }

  /** Closes the unfinished file. */
  async abandon(): Promise<void> {
    await this.file.close();
  }

  /** What is encoded and not in the file yet. */
  #pending(): Uint8Array {
    return new Uint8Array(this.#buffer.buffer, 0, this.#buffer.index);
  }

  #digestsOfGroup(): PieceDigests {
    const group = this.#parquet.row_groups.at(-1) as RowGroup;
    const digestOf = (piece: Piece): string => {
      const [from, to] = byteRange(group, piece);
      return sha256(this.#pending().subarray(from - this.#bytes, to - this.#bytes));
    };
    return [digestOf("keys"), digestOf("payload")];
  }

  async #drain(): Promise<void> {
    const bytes = this.#pending();
    this.#hash.update(bytes);
    await this.file.appendFile(bytes);
    this.#bytes += bytes.byteLength;
    this.#buffer.index = 0;
  }
}
