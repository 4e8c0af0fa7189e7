import { gunzipSync } from "node:zlib";
import { isStorageError, StorageError } from "@agent-assembly/storage-core";
import type { AuditEventRow } from "@agent-assembly/storage-core/backend";
import { type AsyncBuffer, type FileMetaData, parquetMetadata, parquetRead, type RowGroup } from "hyparquet";
import type { StoredFile } from "../destinations/destination.js";
import { damaged } from "../errors.js";
import type { ArchivedFile } from "../manifest/manifest.js";
import { PAYLOAD_COLUMN, type RowDecoder, rowDecoder } from "./columns.js";
import { isForeignParquet, readFileMetadata } from "./file-metadata.js";
import { byteRange, type Piece, type PieceDigests, sha256 } from "./row-group-bytes.js";

/** A damaged text must not pass as another one, and a leading U+FEFF is part of it. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const DECODING = {
  compressors: { GZIP: (bytes: Uint8Array) => gunzipSync(bytes) },
  parsers: {
    timestampFromMilliseconds: Number,
    stringFromBytes: (bytes: Uint8Array | undefined) => bytes && utf8.decode(bytes),
  },
};

/** A row group, by its position in the file. */
export interface GroupPlace {
  readonly group: RowGroup;
  readonly index: number;
  /** Of the file's rows. */
  readonly start: number;
  readonly end: number;
}

/**
 * Reads one archived Parquet file, a row group at a time. Nothing is decoded whose digest was not checked: a decoder that
 * is given damaged bytes may invent events, or ask for so much memory that the process ends.
 */
export class ParquetFile {
  private constructor(
    private readonly file: StoredFile,
    private readonly metadata: FileMetaData,
    private readonly digests: readonly PieceDigests[],
    /** Of the file, in its order, without the payload. */
    private readonly keys: readonly string[],
    private readonly decode: RowDecoder,
    private readonly place: string,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /**
   * @param place names the file in messages
   * @throws `corrupt` when it is damaged or not ours; `unsupported` when it is of newer software
   */
  static async open(
    file: StoredFile,
    expected: ArchivedFile,
    place: string,
    signal: AbortSignal | undefined,
  ): Promise<ParquetFile> {
    const footer = await checkedFooter(file, expected, place, signal);
    return decoding(place, signal, async () => {
      const metadata = parquetMetadata(arrayBuffer(footer), DECODING);
      const digests = readFileMetadata(metadata, place);
      const [, ...columns] = metadata.schema.map(({ name }) => name);
      const keys = columns.filter((name) => name !== PAYLOAD_COLUMN);
      const decode = rowDecoder(keys);
      if (decode === undefined) throw damaged(place, "it lacks a column");
      return new ParquetFile(file, metadata, digests, keys, decode, place, signal);
    });
  }

  get rows(): number {
    return Number(this.metadata.num_rows);
  }

  groups(): GroupPlace[] {
    let end = 0;
    return this.metadata.row_groups.map((group, index) => {
      const start = end;
      end += Number(group.num_rows);
      return { group, index, start, end };
    });
  }

  /**
   * The events of a row group that `wanted` takes, in file order.
   * @param wanted gets events without their payload; where it takes none, the payloads are not read
   */
  async read(group: GroupPlace, wanted: (event: AuditEventRow) => boolean): Promise<AuditEventRow[]> {
    const keys = await this.#rows(group, "keys");
    if (keys.length !== group.end - group.start) throw damaged(this.place, "a row group has fewer rows than it says");
    const taken = keys
      .map((values, index) => ({ event: this.decode(values, null), index }))
      .filter(({ event }) => wanted(event));
    if (taken.length === 0) return [];
    const payloads = await this.#rows(group, "payload");
    return taken.map(({ event, index }) => {
      const payload = payloads[index]?.[0] as string | null | undefined;
      return payload === undefined || payload === null ? event : { ...event, payload };
    });
  }

  async #rows({ group, start, end, index }: GroupPlace, piece: Piece): Promise<unknown[][]> {
    const columns = piece === "keys" ? this.keys : [PAYLOAD_COLUMN];
    const [from, to] = byteRange(group, piece);
    // One request instead of one for each column.
    const bytes = await this.file.read(from, to, this.signal);
    if (sha256(bytes) !== this.digests[index]?.[piece === "keys" ? 0 : 1])
      throw damaged(this.place, `row group ${index} is altered`);
    return decoding(this.place, this.signal, async () => {
      let rows: unknown[][] = [];
      await parquetRead({
        ...DECODING,
        file: window(bytes, from, this.file.bytes),
        metadata: this.metadata,
        columns: [...columns],
        rowStart: start,
        rowEnd: end,
        onComplete: (found) => {
          rows = found;
        },
      });
      return rows;
    });
  }
}

async function checkedFooter(
  file: StoredFile,
  { bytes, footer }: ArchivedFile,
  place: string,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const found = await file.read(Math.max(0, file.bytes - footer.bytes), file.bytes, signal);
  if (file.bytes === bytes && sha256(found) === footer.sha256) return found;
  if (isForeignParquet(found)) {
    throw new StorageError({
      code: "corrupt",
      location: { kind: "file", place },
      message: "it is a Parquet file that another program wrote",
      remedy: "Restore the archived file from a copy.",
    });
  }
  throw damaged(
    place,
    file.bytes === bytes ? "its end is altered" : `it has ${file.bytes} bytes and should have ${bytes}`,
  );
}

/** Part of a file as if it were the whole. */
function window(bytes: Uint8Array, offset: number, byteLength: number): AsyncBuffer {
  return {
    byteLength,
    slice: (start, end = byteLength) => arrayBuffer(bytes.subarray(start - offset, end - offset)),
  };
}

function arrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}

/** Runs the decoder, whose errors are plain and all mean that the bytes are not what was written. */
async function decoding<T>(place: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    signal?.throwIfAborted();
    if (isStorageError(error)) throw error;
    throw damaged(place, "it cannot be decoded as Parquet", error);
  }
}
