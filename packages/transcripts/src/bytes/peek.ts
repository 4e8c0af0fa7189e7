import type { ByteSource } from "./source.js";

/** The first bytes of a source, and the source with them in it again. */
export async function peek(source: ByteSource, size: number): Promise<{ head: Uint8Array; all: ByteSource }> {
  const iterator = source[Symbol.asyncIterator]();
  const parts: Uint8Array[] = [];
  let length = 0;
  let done = false;
  while (length < size && !done) {
    const next = await iterator.next();
    if (next.done === true) done = true;
    else {
      parts.push(next.value);
      length += next.value.length;
    }
  }
  const head = Buffer.concat(parts).subarray(0, size);
  return { head, all: again(parts, iterator) };
}

async function* again(parts: Uint8Array[], rest: AsyncIterator<Uint8Array>): ByteSource & AsyncGenerator<Uint8Array> {
  try {
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) yield part;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
