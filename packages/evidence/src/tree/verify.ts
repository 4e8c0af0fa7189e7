import { EvidenceError } from "../errors.js";
import { checkBytes, sameBytes } from "../support/bytes.js";
import { EMPTY_ROOT, HASH_BYTES, nodeHash } from "./hash.js";
import { consistencyPath, inclusionPath, parseSize } from "./shape.js";

/** A tree: how many leaves it has, and the hash that stands for all of them. */
export interface TreeHead {
  /** Leaves, from 0 to 2^53 - 1. */
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
}

/**
 * Verifies that a tree has a leaf (RFC 6962, 2.1.1).
 * @param proof hashes of 32 bytes, from the leaf's sibling up
 * @param leaf its hash, from `leafHash`
 * @param index its place, from 0
 * @throws `EvidenceError` `proof_invalid`; `invalid_argument` for an index that is not in the tree
 */
export function verifyInclusion(proof: readonly Uint8Array[], leaf: Uint8Array, index: number, tree: TreeHead): void {
  const size = parseTree("tree", tree, 1);
  parseSize("index", index, 0, size - 1);
  checkBytes("leaf", leaf, HASH_BYTES);
  const path = inclusionPath(index, size);
  checkLength(proof, path.length, `leaf ${index} of a tree of ${size}`);
  let root = leaf;
  for (const [at, { isLeft }] of path.entries()) {
    const sibling = proof[at] as Uint8Array;
    root = isLeft ? nodeHash(sibling, root) : nodeHash(root, sibling);
  }
  if (sameBytes(root, tree.root)) return;
  throw new EvidenceError(
    "proof_invalid",
    `the proof of leaf ${index} does not lead to the root of the tree of ${size}: the leaf, its place, the proof or the root was changed`,
  );
}

/**
 * Verifies that the leaves of an earlier tree are the first ones of a later tree (RFC 6962, 2.1.2): nothing was changed, removed
 * or inserted before its end.
 * @param proof hashes of 32 bytes; empty where both have the same size, and for an earlier tree without leaves
 * @throws `EvidenceError` `proof_invalid`; `invalid_argument` where the earlier tree is larger
 */
export function verifyConsistency(proof: readonly Uint8Array[], earlier: TreeHead, later: TreeHead): void {
  const size = parseTree("later", later, 0);
  const oldSize = parseTree("earlier", earlier, 0, size);
  const what = `trees of ${oldSize} and ${size}`;
  if (oldSize === 0) {
    checkLength(proof, 0, what);
    if (!sameBytes(earlier.root, EMPTY_ROOT) || (size === 0 && !sameBytes(later.root, EMPTY_ROOT))) {
      throw new EvidenceError("proof_invalid", "a tree without leaves has another root than SHA-256 of nothing");
    }
    return;
  }
  const { isOldRoot, path } = consistencyPath(oldSize, size);
  checkLength(proof, path.length + (isOldRoot ? 0 : 1), what);
  const siblings = isOldRoot ? proof : proof.slice(1);
  let oldRoot = isOldRoot ? earlier.root : (proof[0] as Uint8Array);
  let root = oldRoot;
  for (const [at, { isLeft }] of path.entries()) {
    const sibling = siblings[at] as Uint8Array;
    // What lies to the right was appended later.
    if (isLeft) oldRoot = nodeHash(sibling, oldRoot);
    root = isLeft ? nodeHash(sibling, root) : nodeHash(root, sibling);
  }
  if (sameBytes(oldRoot, earlier.root) && sameBytes(root, later.root)) return;
  throw new EvidenceError(
    "proof_invalid",
    `the proof does not lead from the tree of ${oldSize} to the tree of ${size}: they are two histories, or the proof was changed`,
  );
}

function parseTree(what: string, tree: TreeHead, min: number, max?: number): number {
  checkBytes(`${what}.root`, tree.root, HASH_BYTES);
  return parseSize(`${what}.size`, tree.size, min, max);
}

function checkLength(proof: readonly Uint8Array[], wanted: number, what: string): void {
  if (proof.length !== wanted) {
    throw new EvidenceError("proof_invalid", `a proof for ${what} has ${wanted} hashes, not ${proof.length}`);
  }
  for (const [at, hash] of proof.entries()) checkBytes(`proof[${at}]`, hash, HASH_BYTES);
}
