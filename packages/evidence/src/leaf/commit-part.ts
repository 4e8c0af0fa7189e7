import { canonicalJson } from "@agent-assembly/storage-core";
import type { EventPart } from "@agent-assembly/storage-core/backend";
import { checkBytes } from "../support/bytes.js";
import { sha256 } from "../tree/hash.js";

/** What comes before salt and value in a commitment's hash. */
const COMMITMENT_PREFIX = 0x02;
const SALT_BYTES = 32;

/**
 * The commitment to a part: SHA-256(0x02 ‖ salt ‖ canonicalJson([name, value])), in which name and value are hidden from those
 * who do not have the salt.
 * @param salt 32 bytes
 * @returns 32 bytes
 */
export function commitPart({ name, value }: EventPart, salt: Uint8Array): Uint8Array {
  checkBytes("salt", salt, SALT_BYTES);
  const text = `[${JSON.stringify(name)},${canonicalJson(value)}]`;
  const input = Buffer.allocUnsafe(1 + SALT_BYTES + Buffer.byteLength(text));
  input[0] = COMMITMENT_PREFIX;
  input.set(salt, 1);
  input.write(text, 1 + SALT_BYTES);
  return sha256(input);
}
