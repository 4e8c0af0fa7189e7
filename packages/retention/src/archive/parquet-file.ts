import { gunzipSync } from "node:zlib";
import { isStorageError, type NormalizedEvent, StorageError } from "@agent-assembly/storage-core";
import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetRead, type RowGroup } from "hyparquet";
import { AUDIT_COLUMNS, eventOf, KEY_COLUMNS, PAYLOAD_COLUMN } from "./columns.js";
import type { StoredFile } from "./destination.js";
import { checkFileMetadata } from "./file-metadata.js";

/** Bytes of the end of a file that are read first; the footer of a full file is larger only with very long names. */
const FOOTER_BYTES = 64 * 1024;

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
  readonly start: number;
  readonly end: number;
}

/** Reads one archived Parquet file, a row group at a time. */
export class ParquetFile {
  private constructor(
    private readonly file: StoredFile,
    private readonly metadata: FileMetaData,
    private readonly place: string,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /**
   * @param place names the file in messages
   * @throws `corrupt` when it is damaged or not ours; `unsupported` when it is of newer software
   */
  static async open(file: StoredFile, place: string, signal: AbortSignal | undefined): Promise<ParquetFile> {
    const metadata = await decoding(place, signal, () =>
      parquetMetadataAsync(bufferOf(file, signal), { ...DECODING, initialFetchSize: FOOTER_BYTES }),
    );
    checkFileMetadata(metadata, place);
    const names = metadata.schema.slice(1).map(({ name }) => name);
    if (names.join() !== AUDIT_COLUMNS.map(({ name }) => name).join()) {
      throw damaged(place, "it does not have the columns of its format version");
    }
    return new ParquetFile(file, metadata, place, signal);
  }

  get rows(): number {
    return Number(this.metadata.num_rows);
  }

  groups(): GroupPlace[] {
    let end = 0;
    return this.metadata.row_groups.map((group) => {
      const start = end;
      end += Number(group.num_rows);
      return { group, start, end };
    });
  }

  /**
   * The events of a row group that `wanted` takes, in file order.
   * @param wanted gets events without their payload; where it takes none, the payloads are not read
   */
  async read(
    { group, start, end }: GroupPlace,
    wanted: (event: NormalizedEvent) => boolean,
  ): Promise<NormalizedEvent[]> {
    const keys = await this.#columns(group, start, end, KEY_COLUMNS);
    if (keys.length !== end - start) throw damaged(this.place, "a row group has fewer rows than it says");
    const taken = keys.map((row, index) => ({ event: eventOf(row, null), index })).filter(({ event }) => wanted(event));
    if (taken.length === 0) return [];
    const payloads = await this.#columns(group, start, end, [PAYLOAD_COLUMN]);
    return taken.map(({ event, index }) => {
      const payload = payloads[index]?.[0] as string | null | undefined;
      return payload === undefined || payload === null ? event : { ...event, payload };
    });
  }

  async #columns(group: RowGroup, rowStart: number, rowEnd: number, columns: readonly string[]): Promise<unknown[][]> {
    const [from, to] = byteRange(group, columns);
    return decoding(this.place, this.signal, async () => {
      // One request instead of one for each column.
      const bytes = await this.file.read(from, to, this.signal);
      let rows: unknown[][] = [];
      await parquetRead({
        ...DECODING,
        file: window(bytes, from, this.file.bytes),
        metadata: this.metadata,
        columns: [...columns],
        rowStart,
        rowEnd,
        onComplete: (found) => {
          rows = found;
        },
      });
      return rows;
    });
  }
}

/** The bytes in which the column chunks lie; ours are written one after another. */
function byteRange(group: RowGroup, columns: readonly string[]): [from: number, to: number] {
  let from = Number.POSITIVE_INFINITY;
  let to = 0;
  for (const { meta_data: chunk } of group.columns) {
    if (chunk === undefined || !columns.includes(chunk.path_in_schema[0] as string)) continue;
    const start = Number(chunk.dictionary_page_offset ?? chunk.data_page_offset);
    from = Math.min(from, start);
    to = Math.max(to, start + Number(chunk.total_compressed_size));
  }
  return [from, to];
}

/** Part of a file as if it were the whole. */
function window(bytes: Uint8Array, offset: number, byteLength: number): AsyncBuffer {
  return {
    byteLength,
    slice: (start, end = byteLength) => arrayBuffer(bytes.subarray(start - offset, end - offset)),
  };
}

function bufferOf(file: StoredFile, signal: AbortSignal | undefined): AsyncBuffer {
  return {
    byteLength: file.bytes,
    slice: async (start, end = file.bytes) => arrayBuffer(await file.read(start, end, signal)),
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

export function damaged(place: string, why: string, cause?: unknown): StorageError {
  return new StorageError({
    code: "corrupt",
    message: `${place} is damaged: ${why}; restore it from a copy`,
    cause,
  });
}
