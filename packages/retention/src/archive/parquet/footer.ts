import { isStorageError, type StorageError } from "@agent-assembly/storage-core";
import { countText, sizeText } from "@agent-assembly/storage-core/backend";
import { type ColumnChunk, type FileMetaData, parquetMetadata, type RowGroup } from "hyparquet";
import { damaged } from "../errors.js";
import { MAX_GROUP_ROWS, MAX_PIECE_BYTES, MAX_ROW_GROUPS } from "../limits.js";
import type { ArchivedFile } from "../manifest/manifest.js";
import { type FileColumnType, fileColumns, PAYLOAD_COLUMN } from "./columns.js";
import { readFileMetadata } from "./file-metadata.js";
import type { PieceDigests } from "./row-group-bytes.js";
import { EXACT_TEXT } from "./text.js";
import { ThriftReader } from "./thrift.js";

/** What of a manifest the footer of a file is held to. */
export type ExpectedFile = Pick<ArchivedFile, "bytes" | "rows" | "footer">;

/** One column of a row group, and where it is in the file: `[start, end)`. */
export interface ColumnPlan {
  readonly name: string;
  readonly type: FileColumnType;
  readonly nullable: boolean;
  readonly rows: number;
  readonly start: number;
  readonly end: number;
  /** What it decodes to at most. */
  readonly bytes: number;
}

/** A row group, and its place in the file. */
export interface GroupPlan {
  readonly index: number;
  readonly rows: number;
  /** For statistics only. */
  readonly group: RowGroup;
  /** All but the payload. */
  readonly keys: readonly ColumnPlan[];
  readonly payload: ColumnPlan;
  readonly digests: PieceDigests;
}

/** "PAR1" before the first row group. */
const FIRST_BYTE = 4;
/** A row group has about 500 values, with the statistics of its columns. */
const MAX_VALUES = 1_000_000;

/**
 * What the footer of an archived file says, held to what archived files can be and to the manifest. All that is decoded
 * later is bounded by it.
 * @param bytes what stands behind the last row group, its digest checked
 * @param place names the file in messages
 * @throws `corrupt` naming place and limit; `unsupported` for a file of newer software
 */
export function parseFooter(bytes: Uint8Array, expected: ExpectedFile, place: string): readonly GroupPlan[] {
  try {
    const metadata = decodeFooter(bytes);
    const digests = readFileMetadata(metadata, place);
    const columns = fileColumns(metadata.schema);
    const groups = metadata.row_groups;
    if (groups.length > MAX_ROW_GROUPS) {
      throw new RangeError(`it has ${groups.length} row groups; at most ${MAX_ROW_GROUPS}`);
    }
    if (digests.length !== groups.length) throw new RangeError("it does not have one digest for each row group");
    let offset = FIRST_BYTE;
    let rows = 0;
    const plans = groups.map((group, index) => {
      const plan = inGroup(index, () => planGroup({ group, index, columns, offset, digests: digests[index] }));
      offset = plan.payload.end;
      rows += plan.rows;
      return plan;
    });
    if (offset !== expected.bytes - expected.footer.bytes) {
      throw new RangeError("its row groups do not end where the footer begins");
    }
    if (rows !== expected.rows)
      throw new RangeError(`it has ${countText(rows, "row")} and should have ${expected.rows}`);
    if (Number(metadata.num_rows) !== rows) {
      throw new RangeError(`its footer says ${metadata.num_rows} rows, and its row groups have ${rows}`);
    }
    return plans;
  } catch (error) {
    throw isStorageError(error) ? error : cannotDecode(place, error);
  }
}

/** An error of decoding as ours. What the checks of this software found is named, what others found is only the cause. */
export function cannotDecode(place: string, error: unknown): StorageError {
  if (error instanceof RangeError && !("code" in error)) return damaged(place, error.message, error);
  return damaged(place, "it cannot be decoded as Parquet", error);
}

/** Runs a check, and adds to its errors where in the file they are. */
export function inGroup<T>(index: number, check: () => T, column?: string): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const where = column === undefined ? `row group ${index}` : `row group ${index}, column ${column}`;
    throw new RangeError(error.message.startsWith("row group") ? error.message : `${where}: ${error.message}`);
  }
}

function decodeFooter(bytes: Uint8Array): FileMetaData {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8) throw new RangeError("it has no footer");
  const length = view.getUint32(bytes.length - 8, true);
  if (length > bytes.length - 8) throw new RangeError("its footer is longer than the manifest says");
  const start = bytes.length - 8 - length;
  // Before anything is made of it.
  const reader = new ThriftReader(bytes.subarray(0, bytes.length - 8), start, MAX_VALUES);
  reader.struct();
  return parquetMetadata(new Uint8Array(bytes), { geoparquet: false, parsers: FOOTER_PARSERS });
}

/** Times in statistics are decoded as in rows, to milliseconds. */
const FOOTER_PARSERS = {
  timestampFromMilliseconds: Number,
  stringFromBytes: (bytes: Uint8Array | undefined) => bytes && EXACT_TEXT.decode(bytes),
};

interface GroupToPlan {
  readonly group: RowGroup;
  readonly index: number;
  readonly columns: ReturnType<typeof fileColumns>;
  /** Where it has to begin. */
  readonly offset: number;
  readonly digests: PieceDigests | undefined;
}

function planGroup({ group, index, columns, offset, digests }: GroupToPlan): GroupPlan {
  const rows = toCount(group.num_rows, "rows");
  if (rows < 1 || rows > MAX_GROUP_ROWS) throw new RangeError(`it has ${rows} rows; at most ${MAX_GROUP_ROWS}`);
  if (group.columns.length !== columns.length) throw new RangeError("it does not have the columns of the file");
  let start = offset;
  const plans = columns.map((column, at) => {
    const plan = planColumn(group.columns[at] as ColumnChunk, { ...column, rows, start });
    start = plan.end;
    return plan;
  });
  const payload = plans.pop();
  if (payload?.name !== PAYLOAD_COLUMN) throw new RangeError("its last column is not the payload");
  requirePiece("all columns but the payload", plans);
  requirePiece("the payload", [payload]);
  return { index, rows, group, keys: plans, payload, digests: digests as PieceDigests };
}

/** Columns follow one another, so that there is nothing in a file that is not checked, or decoded twice. */
function planColumn(chunk: ColumnChunk, column: Omit<ColumnPlan, "end" | "bytes">): ColumnPlan {
  const { meta_data: about, file_path } = chunk;
  const { name, rows, start } = column;
  if (about === undefined || file_path !== undefined || about.path_in_schema.join(".") !== name) {
    throw new RangeError(`the column ${name} is not in its place`);
  }
  if (about.codec !== "GZIP") throw new RangeError(`the column ${name} is not compressed with GZIP`);
  if (toCount(about.num_values, "values") !== rows) {
    throw new RangeError(`the column ${name} has ${about.num_values} values for ${rows} rows`);
  }
  if (toCount(about.dictionary_page_offset ?? about.data_page_offset, "offset") !== start) {
    throw new RangeError(`the column ${name} does not follow the one before it`);
  }
  const end = start + toCount(about.total_compressed_size, "bytes");
  return { ...column, end, bytes: toCount(about.total_uncompressed_size, "bytes") };
}

function requirePiece(what: string, columns: readonly ColumnPlan[]): void {
  const bytes = columns.reduce((sum, column) => sum + column.bytes, 0);
  const stored = columns.reduce((sum, { start, end }) => sum + end - start, 0);
  const most = Math.max(bytes, stored);
  if (most > MAX_PIECE_BYTES) {
    throw new RangeError(`${what} would decode to ${sizeText(most)}; at most ${sizeText(MAX_PIECE_BYTES)}`);
  }
}

function toCount(value: bigint | number | undefined, what: string): number {
  const count = Number(value);
  if (!Number.isSafeInteger(count) || count < 0) throw new RangeError(`the footer has no valid number of ${what}`);
  return count;
}
