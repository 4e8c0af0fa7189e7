import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { Decompress } from "fzstd";
import { peek } from "./peek.js";
import type { ByteSource } from "./source.js";
import { Unreadable } from "./unreadable.js";

/** What a small file may unpack to, whatever its ratio. */
const FREE_BYTES = 256 * 1024 * 1024;
/** Text of people and agents shrinks to a tenth or a thirtieth; only what was made to be large shrinks more than this. */
const MAX_RATIO = 200;

/** The source, unpacked when it begins as gzip or Zstandard does. @throws Unreadable */
export async function decompress(source: ByteSource, freeBytes = FREE_BYTES): Promise<ByteSource> {
  const { head, all } = await peek(source, 4);
  const magic = Buffer.from(head).toString("hex");
  if (magic.startsWith("1f8b")) return unpack(all, gunzip, freeBytes);
  if (magic === "28b52ffd") return unpack(all, unzstd, freeBytes);
  return all;
}

async function* unpack(
  source: ByteSource,
  method: (packed: ByteSource) => ByteSource,
  freeBytes: number,
): AsyncGenerator<Uint8Array> {
  let packed = 0;
  let unpacked = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      packed += chunk.length;
      yield chunk;
    }
  };
  for await (const chunk of method(counted())) {
    unpacked += chunk.length;
    if (unpacked > freeBytes && unpacked > packed * MAX_RATIO) {
      throw new Unreadable(
        `unpacks to more than ${MAX_RATIO} times its size; unpack it yourself if it is what you expect`,
      );
    }
    yield chunk;
  }
}

async function* gunzip(packed: ByteSource): AsyncGenerator<Uint8Array> {
  const source = Readable.from(packed);
  const unpacked = createGunzip();
  source.once("error", (error) => unpacked.destroy(error));
  try {
    for await (const chunk of source.pipe(unpacked)) yield chunk as Uint8Array;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "Z_BUF_ERROR") throw new Unreadable("is gzip that ends too early");
    if (code?.startsWith("Z_") === true) throw new Unreadable("is not valid gzip");
    throw error;
  } finally {
    source.destroy();
    unpacked.destroy();
  }
}

/** Node.js 20 has no Zstandard; `fzstd` reads frames whose window is up to 32 MiB, which is up to `zstd -19`. */
async function* unzstd(packed: ByteSource): AsyncGenerator<Uint8Array> {
  let ready: Uint8Array[] = [];
  let ended = false;
  const decoder = new Decompress((chunk, final) => {
    // The decoder writes on in its own memory.
    if (chunk.length > 0) ready.push(Uint8Array.from(chunk));
    ended = final === true;
  });
  const push = (chunk: Uint8Array, final: boolean): void => {
    try {
      decoder.push(chunk, final);
    } catch (error) {
      throw new Unreadable(`is Zstandard that cannot be read (${error instanceof Error ? error.message : "unknown"})`);
    }
  };
  for await (const chunk of packed) {
    // In small pieces, so that what they unpack to is counted before more is unpacked.
    for (let start = 0; start < chunk.length; start += 16_384) {
      push(chunk.subarray(start, start + 16_384), false);
      yield* ready;
      ready = [];
    }
  }
  push(new Uint8Array(), true);
  yield* ready;
  if (!ended) throw new Unreadable("is Zstandard that ends too early");
}
