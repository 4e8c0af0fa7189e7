/** The bytes of a source, once. */
export type ByteSource = AsyncIterable<Uint8Array>;
