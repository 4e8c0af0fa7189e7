import { peek } from "./peek.js";
import type { ByteSource } from "./source.js";
import { Unreadable } from "./unreadable.js";

/** The source as UTF-8 without a byte order mark: UTF-16 is recognised by its mark, or by the NUL bytes of its first characters. */
export async function toUtf8(source: ByteSource): Promise<ByteSource> {
  const { head, all } = await peek(source, 4);
  const [a, b, c, d] = head;
  if (a === 0xff && b === 0xfe) return fromUtf16(all, "utf-16le");
  if (a === 0xfe && b === 0xff) return fromUtf16(all, "utf-16be");
  if (a === 0xef && b === 0xbb && c === 0xbf) return skip(all, 3);
  if (head.length === 4 && b === 0 && d === 0 && a !== 0 && c !== 0) return fromUtf16(all, "utf-16le");
  if (head.length === 4 && a === 0 && c === 0 && b !== 0 && d !== 0) return fromUtf16(all, "utf-16be");
  return all;
}

async function* fromUtf16(source: ByteSource, encoding: "utf-16le" | "utf-16be"): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  const encoder = new TextEncoder();
  const decode = (chunk?: Uint8Array): Uint8Array => {
    try {
      return encoder.encode(chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true }));
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause;
      throw new Unreadable(`is not valid ${encoding.toUpperCase()}`);
    }
  };
  for await (const chunk of source) yield decode(chunk);
  yield decode();
}

async function* skip(source: ByteSource, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const chunk of source) {
    const start = Math.min(left, chunk.length);
    left -= start;
    if (start < chunk.length) yield chunk.subarray(start);
  }
}

/** The text of a UTF-8 stream, a piece for each chunk. @throws Unreadable at the first bytes that are none */
export async function* decodeUtf8(source: ByteSource): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let read = 0;
  const decode = (chunk?: Uint8Array): string => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause;
      throw new Unreadable(`is not valid UTF-8 after ${read} bytes; nothing from there on was read`);
    }
  };
  for await (const chunk of source) {
    yield decode(chunk);
    read += chunk.length;
  }
  yield decode();
}
