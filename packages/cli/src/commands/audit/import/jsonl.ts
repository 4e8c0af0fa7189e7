import type { ByteSource } from "../../../terminal/input.js";
import { atLine, eventFromJson, type ImportItem, parseJson } from "./item.js";

/** One event is at most a payload of 64 MiB, escaped; anything longer is not a line of ours. */
const MAX_LINE_BYTES = 512 * 1024 * 1024;

export type Line =
  | { readonly number: number; readonly text: string }
  | { readonly number: number; readonly problem: string };

/** The non-blank lines of a UTF-8 stream, without a byte order mark, in memory bounded by the longest line. */
export async function* readLines(source: ByteSource, maxLineBytes = MAX_LINE_BYTES): AsyncGenerator<Line> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let number = 0;
  let parts: Uint8Array[] = [];
  let size = 0;

  const finish = (): Line | undefined => {
    number++;
    const bytes = parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
    const tooLong = size > maxLineBytes;
    parts = [];
    size = 0;
    if (tooLong) return { number, problem: `is longer than ${maxLineBytes} bytes` };
    let text: string;
    try {
      text = decoder.decode(bytes);
    } catch {
      return { number, problem: "is not valid UTF-8" };
    }
    if (number === 1 && text.startsWith("\ufeff")) text = text.slice(1);
    return text.trim() === "" ? undefined : { number, text };
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
      const line = finish();
      if (line !== undefined) yield line;
      start = end + 1;
    }
    if (start < chunk.length) take(chunk.subarray(start));
  }
  if (size > 0) {
    const line = finish();
    if (line !== undefined) yield line;
  }
}

/** Reads native JSONL: one event a line, as `audit export` writes them. */
export async function* readJsonl(source: ByteSource): AsyncGenerator<ImportItem> {
  for await (const line of readLines(source)) {
    const place = atLine(line.number);
    if ("problem" in line) {
      yield { place, problem: line.problem };
      continue;
    }
    const parsed = parseJson(line.text);
    const result = "problem" in parsed ? parsed : eventFromJson(parsed.value);
    yield { place, ...result };
  }
}
