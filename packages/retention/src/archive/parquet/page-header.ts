import { sizeText } from "@agent-assembly/storage-core/backend";
import type { ColumnPlan } from "./footer.js";
import { EndOfBytes, ThriftReader } from "./thrift.js";

/** A header has about 30 bytes. */
export const MAX_HEADER_BYTES = 512;
const MAX_HEADER_VALUES = 100;

/** The encodings that archived files use, by their number in Parquet. Others may multiply what they are given. */
const PLAIN = 0;
const RLE = 3;
const RLE_DICTIONARY = 8;

const DICTIONARY_PAGE = 2;
const DATA_PAGE_V2 = 3;

/** What the header of a page says, checked. */
export interface PageHeader {
  readonly isDictionary: boolean;
  readonly encoding: "plain" | "rle" | "dictionary";
  readonly values: number;
  readonly nulls: number;
  /** Of the definition levels, which come first and are not compressed. */
  readonly levelBytes: number;
  /** Of what follows the header. */
  readonly compressedBytes: number;
  /** What they decode to. */
  readonly bytes: number;
  /** Where the page's content begins. */
  readonly end: number;
}

/**
 * @param offset where the header begins
 * @throws {@link EndOfBytes} when the bytes end within it; other errors for a page that no archived file has
 */
export function readPageHeader(bytes: Uint8Array, offset: number): PageHeader {
  const found = new Map<string, number>();
  const reader = new ThriftReader(bytes.subarray(0, offset + MAX_HEADER_BYTES), offset, MAX_HEADER_VALUES);
  try {
    reader.struct((path, value) => found.set(path, value));
  } catch (error) {
    if (error instanceof EndOfBytes && bytes.length - offset > MAX_HEADER_BYTES) {
      throw new RangeError(`a page header has more than ${MAX_HEADER_BYTES} bytes`);
    }
    throw error;
  }
  const count = (path: string, absent?: number): number => {
    const value = found.get(path) ?? absent;
    if (value === undefined || !Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`a page header has no valid field ${path}`);
    }
    return value;
  };
  const type = count("1");
  const sizes = { bytes: count("2"), compressedBytes: count("3"), end: reader.offset };
  if (type === DICTIONARY_PAGE) {
    // 2 is an older name of the same encoding in dictionary pages.
    if (![PLAIN, 2].includes(count("7.2"))) throw new RangeError("a dictionary has an unknown encoding");
    return { ...sizes, isDictionary: true, encoding: "plain", values: count("7.1"), nulls: 0, levelBytes: 0 };
  }
  if (type !== DATA_PAGE_V2) throw new RangeError(`pages of type ${type} are not used`);
  const page = { values: count("8.1"), nulls: count("8.2"), levelBytes: count("8.5") };
  if (count("8.3") !== page.values || count("8.6", 0) !== 0) throw new RangeError("a page has nested values");
  if (page.nulls > page.values) throw new RangeError("a page has more nulls than values");
  if (count("8.7", 1) !== 1) throw new RangeError("a page is not compressed");
  if (page.levelBytes > Math.min(sizes.bytes, sizes.compressedBytes))
    throw new RangeError("a page has no valid levels");
  return { ...sizes, ...page, isDictionary: false, encoding: encodingOf(count("8.4")) };
}

function encodingOf(number: number): PageHeader["encoding"] {
  if (number === PLAIN) return "plain";
  if (number === RLE) return "rle";
  if (number === RLE_DICTIONARY) return "dictionary";
  throw new RangeError(`pages of encoding ${number} are not used`);
}

/** Adds up the pages of a column chunk, and holds them to what the footer says of it. */
export class PageCounter {
  #values = 0;
  #bytes = 0;
  #pages = 0;

  constructor(private readonly column: ColumnPlan) {}

  /**
   * @param offset of the page's header in the file
   * @throws for a page that does not fit
   */
  add(page: PageHeader, offset: number): void {
    const { rows, bytes, end } = this.column;
    const next = offset + page.compressedBytes;
    if (next > end) throw new RangeError("a page ends behind its column");
    if (page.isDictionary) {
      if (this.#pages > 0) throw new RangeError("a dictionary follows other pages");
      if (page.values > rows) throw new RangeError(`a dictionary has ${page.values} values for ${rows} rows`);
    } else {
      this.#values += page.values;
      if (page.values === 0 || this.#values > rows) throw this.#wrongRows();
    }
    this.#pages++;
    this.#bytes += page.bytes;
    if (this.#bytes > bytes) {
      throw new RangeError(`its pages decode to more than the ${sizeText(bytes)} that the footer says`);
    }
  }

  /** To be called behind the last page. */
  finish(): void {
    if (this.#values !== this.column.rows) throw this.#wrongRows();
  }

  #wrongRows(): Error {
    return new RangeError(`its pages have ${this.#values} rows, and the footer says ${this.column.rows}`);
  }
}
