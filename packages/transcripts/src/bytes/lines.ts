import type { ByteSource } from "./source.js";

/** One event is at most a payload of 64 MiB, escaped; a string of JavaScript ends there too. */
const MAX_LINE_BYTES = 512 * 1024 * 1024 - 1024;

/** A line, or why it cannot be read. */
export type Line =
  | { readonly number: number; readonly text: string /** Whether a line feed ends it. */; readonly ended: boolean }
  | { readonly number: number; readonly problem: string };

/**
 * Cuts UTF-8 into the lines that are not blank, in memory bounded by the longest line. Only a line feed ends a line: U+2028
 * and a lone carriage return may stand in a JSON string. Bytes of value zero around a line, which a crash leaves, are cut off.
 */
export class LineSplitter {
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #number = 0;
  #parts: Uint8Array[] = [];
  #size = 0;
  /** The line at hand was taken before its line feed came. */
  #taken = false;

  constructor(private readonly maxLineBytes = MAX_LINE_BYTES) {}

  *feed(chunk: Uint8Array): Generator<Line> {
    let start = 0;
    for (let end = chunk.indexOf(0x0a, start); end !== -1; end = chunk.indexOf(0x0a, start)) {
      this.#keep(chunk.subarray(start, end));
      const line = this.#finish(true);
      if (line !== undefined) yield line;
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  /** The bytes behind the last line feed. */
  get rest(): Uint8Array {
    return this.#parts.length === 1 ? (this.#parts[0] as Uint8Array) : Buffer.concat(this.#parts);
  }

  /** What is behind the last line feed as a line. */
  takeRest(): Line | undefined {
    return this.#size > 0 ? this.#finish(false) : undefined;
  }

  #keep(part: Uint8Array): void {
    this.#size += part.length;
    // Past the limit nothing more is kept: the line is refused whatever follows.
    if (this.#size <= this.maxLineBytes) this.#parts.push(part);
    else this.#parts = [];
  }

  #finish(ended: boolean): Line | undefined {
    if (!this.#taken) this.#number++;
    this.#taken = !ended;
    const number = this.#number;
    const bytes = this.rest;
    const tooLong = this.#size > this.maxLineBytes;
    this.#parts = [];
    this.#size = 0;
    if (tooLong) return { number, problem: `is longer than ${this.maxLineBytes} bytes` };
    let text: string;
    try {
      text = this.#decoder.decode(bytes);
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause;
      return { number, problem: "is not valid UTF-8" };
    }
    text = withoutZeros(text);
    return text.trim() === "" ? undefined : { number, text, ended };
  }
}

/** A loop, since a regular expression that ends in `$` looks through every run of zeros from each of its zeros. */
function withoutZeros(text: string): string {
  let [start, end] = [0, text.length];
  while (text[start] === "\0" || text[start] === "\ufeff") start++;
  while (end > start && text[end - 1] === "\0") end--;
  return text.slice(start, end);
}

/** The lines of a UTF-8 stream that are not blank, those of a chunk at a time; see {@link LineSplitter}. */
export async function* readLineBatches(
  source: ByteSource,
  maxLineBytes = MAX_LINE_BYTES,
): AsyncGenerator<Iterable<Line>> {
  const splitter = new LineSplitter(maxLineBytes);
  for await (const chunk of source) yield splitter.feed(chunk);
  const last = splitter.takeRest();
  if (last !== undefined) yield [last];
}
