import { canonicalJson, type JsonValue } from "@agent-assembly/storage-core";
import { describeShape, FIXED_PARTS, invalidArgument, MAX_PAYLOAD_PARTS } from "@agent-assembly/storage-core/backend";
import { toBase64 } from "../support/bytes.js";
import { prefixedHash } from "../tree/hash.js";
import type { LeafListDigest } from "./entry.js";

/** What comes before a list in its hash, so that no list is taken for an entry. */
export const LIST_PREFIX = 0x04;
const LAST_PART = FIXED_PARTS + MAX_PAYLOAD_PARTS;

/** A run of leaves one after another: the first, and how many. */
export type LeafRun = readonly [first: number, count: number];

/** A leaf, and the places of parts of it, which ascend. */
export type LeafParts = readonly [leaf: number, parts: readonly number[]];

/**
 * Binds the leaves of a `drop` or `restore` statement: SHA-256(0x04 ‖ canonicalJson(runs)).
 * @param runs ascending, with a gap between each two
 * @throws `invalid_argument` for runs in another form
 */
export function leafListDigest(runs: readonly LeafRun[]): LeafListDigest {
  let next = 0;
  let leaves = 0;
  for (const [at, [first, count]] of runs.entries()) {
    const isRun = isCount(first) && isCount(count) && count > 0 && isCount(first + count);
    if (!isRun || first < next) {
      throw invalidArgument(`runs[${at}]`, "must be a first leaf behind the run before and a gap, and a count from 1");
    }
    next = first + count + 1;
    leaves += count;
  }
  return digestOf(leaves, runs as unknown as JsonValue);
}

/**
 * Binds the leaves and parts of an `erase` statement: SHA-256(0x04 ‖ canonicalJson(list)).
 * @param list ascending by leaf; parts ascend from 1 to 36
 * @throws `invalid_argument` for a list in another form
 */
export function erasedListDigest(list: readonly LeafParts[]): LeafListDigest {
  let next = 0;
  for (const [at, [leaf, parts]] of list.entries()) {
    if (!isCount(leaf) || leaf < next) {
      throw invalidArgument(`list[${at}]`, `must be a leaf behind the one before, got ${describeShape(leaf)}`);
    }
    next = leaf + 1;
    const ascend = parts.every((part, n) => isCount(part) && part > (parts[n - 1] ?? 0) && part <= LAST_PART);
    if (parts.length === 0 || !ascend) {
      throw invalidArgument(`list[${at}]`, `must have the places of parts, ascending from 1 to ${LAST_PART}`);
    }
  }
  return digestOf(list.length, list as unknown as JsonValue);
}

function digestOf(count: number, list: JsonValue): LeafListDigest {
  return { count, digest: toBase64(listDigest(Buffer.from(canonicalJson(list)))) };
}

/** SHA-256(0x04 ‖ text). @param text canonical JSON of a list */
export function listDigest(text: Uint8Array): Uint8Array {
  return prefixedHash(LIST_PREFIX, text);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
