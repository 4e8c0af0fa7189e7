import type { ByteSource } from "./source.js";

/** One event is at most a payload of 64 MiB, escaped; a string of JavaScript ends there too. */
const MAX_LINE_BYTES = 512 * 1024 * 1024 - 1024;

/** A line, or why it cannot be read. */
export type Line =
  | { readonly number: number; readonly text: string /** Whether a line feed ends it. */; readonly ended: boolean }
  | { readonly number: number; readonly problem: string };

/**
 * The lines of a UTF-8 stream that are not blank, in memory bounded by the longest line. Only a line feed ends a line: U+2028
 * and a lone carriage return may stand in a JSON string. Bytes of value zero around a line, which a crash leaves, are cut off.
 */
export async function* readLines(source: ByteSource, maxLineBytes = MAX_LINE_BYTES): AsyncGenerator<Line> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let number = 0;
  let parts: Uint8Array[] = [];
  let size = 0;

  const finish = (ended: boolean): Line | undefined => {
    number++;
    const bytes = parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
    const tooLong = size > maxLineBytes;
    parts = [];
    size = 0;
    if (tooLong) return { number, problem: `is longer than ${maxLineBytes} bytes` };
    let text: string;
    try {
      text = decoder.decode(bytes);
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause;
      return { number, problem: "is not valid UTF-8" };
    }
    text = text.replace(/^[\0\ufeff]+|\0+$/g, "");
    return text.trim() === "" ? undefined : { number, text, ended };
  };
  const take = (part: Uint8Array): void => {
    size += part.length;
    // Past the limit nothing more is kept: the line is refused whatever follows.
    if (size <= maxLineBytes) parts.push(part);
    else parts = [];
  };

  for await (const chunk of source) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a, start); end !== -1; end = chunk.indexOf(0x0a, start)) {
      take(chunk.subarray(start, end));
      const line = finish(true);
      if (line !== undefined) yield line;
      start = end + 1;
    }
    if (start < chunk.length) take(chunk.subarray(start));
  }
  if (size > 0) {
    const line = finish(false);
    if (line !== undefined) yield line;
  }
}
