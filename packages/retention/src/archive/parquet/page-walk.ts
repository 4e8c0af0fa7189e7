import type { ColumnPlan, GroupPlan } from "./footer.js";
import { inGroup } from "./footer.js";
import { MAX_HEADER_BYTES, PageCounter, readPageHeader } from "./page-header.js";
import { EndOfBytes } from "./thrift.js";

/** "PAR1" before the first row group. */
const MAGIC = [0x50, 0x41, 0x52, 0x31];

/**
 * Checks the headers of all pages of a file while its bytes go by: that the pages have the rows that the footer says,
 * before the first of them is decoded.
 */
export class PageWalk {
  readonly #columns: { readonly group: number; readonly column: ColumnPlan }[];
  #next = 0;
  #counter: PageCounter | undefined;
  /** Of the bytes to come, in the file. */
  #offset = 0;
  /** Where the next header begins. */
  #header: number;
  /** The beginning of a header whose end has not come. */
  #begun: Uint8Array = new Uint8Array(0);

  constructor(groups: readonly GroupPlan[]) {
    this.#columns = groups.flatMap(({ index, keys, payload }) =>
      [...keys, payload].map((column) => ({ group: index, column })),
    );
    this.#header = MAGIC.length;
  }

  /** @throws `RangeError` for a page that does not fit */
  push(chunk: Uint8Array): void {
    const begun = this.#begun;
    const bytes = begun.length === 0 ? chunk : Buffer.concat([begun, chunk]);
    const first = this.#offset - begun.length;
    this.#begun = new Uint8Array(0);
    this.#offset += chunk.length;
    for (let place = this.#columns[this.#next]; place !== undefined; place = this.#columns[this.#next]) {
      const { group, column } = place;
      if (this.#header >= column.end) {
        inGroup(group, () => (this.#counter ?? new PageCounter(column)).finish(), column.name);
        this.#counter = undefined;
        this.#next++;
        continue;
      }
      if (this.#header >= this.#offset) return;
      if (!this.#page(bytes, first, place)) {
        this.#begun = bytes.subarray(this.#header - first);
        return;
      }
    }
  }

  /** @returns false when the bytes end within the header */
  #page(bytes: Uint8Array, first: number, { group, column }: { group: number; column: ColumnPlan }): boolean {
    const at = this.#header - first;
    try {
      inGroup(
        group,
        () => {
          const page = readPageHeader(bytes, at);
          this.#counter ??= new PageCounter(column);
          this.#counter.add(page, first + page.end);
          this.#header = first + page.end + page.compressedBytes;
        },
        column.name,
      );
      return true;
    } catch (error) {
      if (error instanceof EndOfBytes && bytes.length - at <= MAX_HEADER_BYTES) return false;
      throw error;
    }
  }

  /** To be called behind the last byte. */
  finish(): void {
    if (this.#next < this.#columns.length) throw new RangeError("it ends within a page");
  }
}
