import type { ByteSource } from "./source.js";

/** The first bytes of a source, and the source with them in it again. */
export async function peek(source: ByteSource, size: number): Promise<{ head: Uint8Array; all: ByteSource }> {
  const iterator = source[Symbol.asyncIterator]();
  const parts: Uint8Array[] = [];
  let length = 0;
  let failure: { readonly error: unknown } | undefined;
  while (length < size) {
    const next = await iterator.next().catch((error: unknown) => {
      failure = { error };
    });
    if (next === undefined || next.done === true) break;
    parts.push(next.value);
    length += next.value.length;
  }
  // What came before it can be read.
  if (failure !== undefined && length === 0) throw failure.error;
  const head = Buffer.concat(parts).subarray(0, size);
  return { head, all: again(parts, iterator, failure) };
}

async function* again(
  parts: Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
  failure: { readonly error: unknown } | undefined,
): ByteSource & AsyncGenerator<Uint8Array> {
  try {
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) yield part;
    if (failure !== undefined) throw failure.error;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
