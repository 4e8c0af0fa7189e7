import { gunzipSync } from "node:zlib";
import { MAX_TEXT_LENGTH, MAX_TIME_MS, MIN_TIME_MS } from "@agent-assembly/storage-core/backend";
import type { FileColumnType } from "./columns.js";
import type { ColumnPlan } from "./footer.js";
import { PageCounter, type PageHeader, readPageHeader } from "./page-header.js";
import { readRuns } from "./runs.js";
import { EXACT_TEXT } from "./text.js";

/** A UTF-16 code unit is at most 3 bytes of UTF-8. */
const MAX_TEXT_BYTES = MAX_TEXT_LENGTH * 3;

/**
 * The values of a column, `null` where a row has none. hyparquet does this as well, but trusts the lengths of runs: one of
 * 2^31 values, in 6 bytes, ends the process. Here memory is bounded by what the footer says, whatever the pages say.
 * @param bytes of the file, from `offset` on
 * @throws for what is not as archived files are
 */
export function decodeColumn(bytes: Uint8Array, offset: number, column: ColumnPlan): unknown[] {
  const values: unknown[] = [];
  const counter = new PageCounter(column);
  const end = column.end - offset;
  let dictionary: readonly unknown[] | undefined;
  for (let at = column.start - offset; at < end; ) {
    const page = readPageHeader(bytes, at);
    counter.add(page, offset + page.end);
    at = page.end + page.compressedBytes;
    const stored = bytes.subarray(page.end, at);
    const content = unzip(stored.subarray(page.levelBytes), page.bytes - page.levelBytes);
    if (page.isDictionary) dictionary = readPlain(content, 0, page.values, column.type);
    else readPage({ page, levels: stored.subarray(0, page.levelBytes), content, dictionary, column }, values);
  }
  counter.finish();
  return values;
}

/** @throws when there are other than `bytes` bytes, before more of them are made */
function unzip(stored: Uint8Array, bytes: number): Buffer {
  let content: Buffer;
  try {
    // In one piece, and one byte more, by which zlib knows that it has reached the end.
    content = gunzipSync(stored, { maxOutputLength: Math.max(1, bytes), chunkSize: Math.max(64, bytes + 1) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_BUFFER_TOO_LARGE") throw error;
    throw new RangeError(`a page decodes to more than the ${bytes} bytes that its header says`);
  }
  if (content.length !== bytes)
    throw new RangeError(`a page decodes to ${content.length} bytes and should to ${bytes}`);
  return content;
}

interface Page {
  readonly page: PageHeader;
  /** One bit for each value: whether it is there. */
  readonly levels: Uint8Array;
  readonly content: Buffer;
  readonly dictionary: readonly unknown[] | undefined;
  readonly column: ColumnPlan;
}

function readPage({ page, levels, content, dictionary, column }: Page, to: unknown[]): void {
  const found = readValues(page, content, dictionary, column.type);
  if (page.nulls === 0 && !column.nullable) {
    for (const value of found) to.push(value);
    return;
  }
  if (!column.nullable) throw new RangeError("a page has nulls in a column that has none");
  const present = readRuns(levels, 0, 1, page.values);
  let next = 0;
  for (const isPresent of present) {
    if (isPresent === 1 && next === found.length) throw new RangeError("a page has fewer nulls than it says");
    to.push(isPresent === 1 ? found[next++] : null);
  }
  if (next !== found.length) throw new RangeError("a page has more nulls than it says");
}

function readValues(
  { encoding, values, nulls }: PageHeader,
  content: Buffer,
  dictionary: readonly unknown[] | undefined,
  type: FileColumnType,
): readonly unknown[] {
  const count = values - nulls;
  if (count === 0) return [];
  if (encoding === "plain") return readPlain(content, 0, count, type);
  if (encoding === "rle") {
    if (type !== "boolean") throw new RangeError("a page has an encoding that only booleans have");
    // The length of the runs comes first.
    return Array.from(readRuns(content, 4, 1, count), (bit) => bit === 1);
  }
  if (dictionary === undefined) throw new RangeError("a page needs a dictionary, and there is none");
  const [width = 0] = content;
  const found = new Array<unknown>(count);
  const indexes = readRuns(content, 1, width, count);
  for (let i = 0; i < count; i++) {
    const index = indexes[i] as number;
    if (index >= dictionary.length) throw new RangeError("a page has an index that its dictionary does not have");
    found[i] = dictionary[index];
  }
  return found;
}

function readPlain(content: Buffer, start: number, count: number, type: FileColumnType): unknown[] {
  if (type === "timestamp") return readTimes(content, start, count);
  if (type === "integer") return readIntegers(content, start, count, 0, Number.MAX_SAFE_INTEGER, "a leaf");
  if (type === "boolean") {
    requireBytes(content, start, Math.ceil(count / 8));
    return Array.from({ length: count }, (_, i) => (((content[start + (i >> 3)] as number) >> (i & 7)) & 1) === 1);
  }
  return readTexts(content, start, count, type === "json" ? content.length : MAX_TEXT_BYTES);
}

function readTimes(content: Buffer, start: number, count: number): number[] {
  return readIntegers(content, start, count, MIN_TIME_MS, MAX_TIME_MS, "a time");
}

function readIntegers(
  content: Buffer,
  start: number,
  count: number,
  least: number,
  most: number,
  what: "a time" | "a leaf",
): number[] {
  requireBytes(content, start, count * 8);
  const numbers = new Array<number>(count);
  for (let i = 0; i < count; i++) {
    const at = start + i * 8;
    const number = content.readInt32LE(at + 4) * 0x1_0000_0000 + content.readUInt32LE(at);
    if (number < least || number > most) {
      const where = what === "a time" ? "outside of the years 1 to 9999" : "below 0 or above 2^53";
      throw new RangeError(`${what} lies ${where}`);
    }
    numbers[i] = number;
  }
  return numbers;
}

function readTexts(content: Buffer, start: number, count: number, maxBytes: number): string[] {
  requireBytes(content, start, count * 4);
  const texts = new Array<string>(count);
  let at = start;
  for (let i = 0; i < count; i++) {
    requireBytes(content, at, 4);
    const length = content.readUInt32LE(at);
    if (length > maxBytes) throw new RangeError(`a text has ${length} bytes; at most ${maxBytes}`);
    at += 4;
    requireBytes(content, at, length);
    texts[i] = EXACT_TEXT.decode(content.subarray(at, at + length));
    at += length;
  }
  return texts;
}

function requireBytes(content: Buffer, at: number, count: number): void {
  if (count > content.length - at) throw new RangeError("a page ends within its values");
}
