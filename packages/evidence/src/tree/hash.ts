import { hash } from "node:crypto";

/** Bytes of every hash of the tree. */
export const HASH_BYTES = 32;

/** The root of a tree without leaves: SHA-256 of nothing. */
export const EMPTY_ROOT: Uint8Array = sha256(new Uint8Array(0));

/** SHA-256. As text and back: a buffer that the engine makes takes three times as long as the hash itself. */
export function sha256(data: Uint8Array): Uint8Array {
  return Buffer.from(hash("sha256", data, "binary"), "latin1");
}

/** The hash of a leaf (RFC 6962, 2.1): SHA-256(0x00 ‖ entry). */
export function leafHash(entry: Uint8Array): Uint8Array {
  return prefixedHash(0x00, entry);
}

/** SHA-256(prefix ‖ data). */
export function prefixedHash(prefix: number, data: Uint8Array): Uint8Array {
  const input = Buffer.allocUnsafe(1 + data.length);
  input[0] = prefix;
  input.set(data, 1);
  return sha256(input);
}

/** Filled anew by every call; nothing keeps it. */
const pair = Buffer.alloc(1 + 2 * HASH_BYTES, 0x01);

/** The hash of an inner node (RFC 6962, 2.1): SHA-256(0x01 ‖ left ‖ right). @param left 32 bytes @param right 32 bytes */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  pair.set(left, 1);
  pair.set(right, 1 + HASH_BYTES);
  return sha256(pair);
}
