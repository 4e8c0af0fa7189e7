import { describeShape, invalidArgument } from "@agent-assembly/storage-core/backend";

/** The standard Base 64 encoding of RFC 4648, section 4. */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/**
 * The bytes of a Base 64 text, or `undefined` where it is not their one encoding. Decoders skip what they do not know and
 * ignore unused bits, so several texts would stand for the same bytes, and a changed one would go unnoticed.
 */
export function fromBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : undefined;
}

/** The bytes of a Base 64 text of a hash, or `undefined` where it is none. */
export function hashFromBase64(text: unknown): Uint8Array | undefined {
  return isHashText(text) ? Buffer.from(text as string, "base64") : undefined;
}

/** Whether a text is the Base64 of a hash. Without decoding it: an entry has dozens. */
export function isHashText(text: unknown): boolean {
  return typeof text === "string" && HASH_TEXT.test(text);
}

/** 256 bits in 43 characters, of which the last one has two bits that are not used. */
const HASH_TEXT = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;

/** Of public values; the time it takes says how many bytes are alike. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

/** @throws `invalid_argument` unless it is `length` bytes */
export function checkBytes(what: string, value: unknown, length: number): asserts value is Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== length) {
    throw invalidArgument(what, `must be a Uint8Array of ${length} bytes, got ${describeShape(value)}`);
  }
}

/** A byte order mark is a character like others: a text without it is another text. */
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of bytes, or `undefined` where they are not UTF-8. Of a text, the same text where UTF-8 can hold it. */
export function decodeText(input: Uint8Array | string): string | undefined {
  if (typeof input === "string") return input.isWellFormed() ? input : undefined;
  try {
    return UTF8.decode(input);
  } catch (error) {
    // What `fatal` throws for bytes that are not UTF-8.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Text that others wrote, as a message may repeat it: not at any length, and without what a terminal would obey. */
export function shown(text: string): string {
  const cut = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  return cut.replaceAll(/\p{Cc}/gu, "\u{fffd}");
}
