import { hash, randomBytes } from "node:crypto";
import { invalidArgument, parseInteger } from "@agent-assembly/storage-core/backend";
import { checkBytes } from "../support/bytes.js";
import { sha256 } from "../tree/hash.js";

const NODE_BYTES = 32;
/** Levels below the root of a bundle: 2^8 leaves, as many as a tile has. */
const DEPTH = 8;
const LEAVES = 2 ** DEPTH;
/** What comes before the seed and the part in a salt's hash. */
const SALT_PREFIX = 0x03;

/**
 * A node of the salt tree of a bundle: all seeds below it follow from it. A bundle is the 256 leaves of one tile of level 0.
 * Secret as long as its leaves' values are to be hidden from those who have the entries.
 */
export interface SeedNode {
  /** From 0, the root, to 8, the seed of a leaf. */
  readonly depth: number;
  /** Which of the 2^depth nodes of its depth, from 0, from the left. */
  readonly path: number;
  /** 32 bytes. */
  readonly node: Uint8Array;
}

/** The seeds of a new bundle: a random root. */
export function newBundleSeeds(): SeedNode[] {
  return [{ depth: 0, path: 0, node: randomBytes(NODE_BYTES) }];
}

/**
 * The seed of a leaf.
 * @param nodes of the bundle, in any order
 * @param leaf its place in the bundle, from 0 to 255
 * @returns 32 bytes; `undefined` where it was punctured
 * @throws `invalid_argument` for nodes that no bundle has
 */
export function leafSeed(nodes: readonly SeedNode[], leaf: number): Uint8Array | undefined {
  parseInteger("leaf", leaf, 0, LEAVES - 1);
  const top = checkNodes(nodes).find((node) => isAbove(node, leaf));
  if (top === undefined) return undefined;
  let { node } = top;
  for (let depth = top.depth; depth < DEPTH; depth++) node = childOf(node, bitOf(leaf, depth));
  return Uint8Array.from(node);
}

/** The seeds of all leaves of a bundle, two hashes for each; `undefined` for those that were punctured. See {@link leafSeed}. */
export function leafSeeds(nodes: readonly SeedNode[]): (Uint8Array | undefined)[] {
  const seeds = new Array<Uint8Array | undefined>(LEAVES).fill(undefined);
  const open = [...checkNodes(nodes)];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { depth, path, node } = next;
    if (depth === DEPTH) seeds[path] = Uint8Array.from(node);
    else open.push(...childrenOf(next));
  }
  return seeds;
}

/**
 * Takes a leaf out of a bundle: its seed cannot be had from what is left, and all other seeds stay as they are. Store the result
 * in the place of `nodes`, and see to it that no copy of `nodes` remains.
 * @param leaf its place in the bundle, from 0 to 255; one that was punctured before changes nothing
 * @returns up to seven nodes more than before
 * @throws `invalid_argument` for nodes that no bundle has
 */
export function puncture(nodes: readonly SeedNode[], leaf: number): SeedNode[] {
  parseInteger("leaf", leaf, 0, LEAVES - 1);
  return checkNodes(nodes).flatMap((top) => {
    if (!isAbove(top, leaf)) return [top];
    const kept: SeedNode[] = [];
    let current = top;
    while (current.depth < DEPTH) {
      const [left, right] = childrenOf(current);
      const goesRight = bitOf(leaf, current.depth) === 1;
      kept.push(goesRight ? left : right);
      current = goesRight ? right : left;
    }
    return kept;
  });
}

/** Filled anew by every call; nothing keeps it. */
const saltInput = Buffer.alloc(2 + NODE_BYTES, SALT_PREFIX);

/**
 * The salt of one part of a leaf: SHA-256(0x03 ‖ seed ‖ part).
 * @param seed 32 bytes
 * @param part its place among the leaf's parts, from 0 to 255, which is one byte
 */
export function partSalt(seed: Uint8Array, part: number): Uint8Array {
  checkBytes("seed", seed, NODE_BYTES);
  parseInteger("part", part, 0, 255);
  saltInput.set(seed, 1);
  saltInput[1 + NODE_BYTES] = part;
  return sha256(saltInput);
}

/** As `sha256` makes its hash. */
function sha512(node: Uint8Array): Uint8Array {
  return Buffer.from(hash("sha512", node, "binary"), "latin1");
}

/** The two halves of SHA-512(node). @param bit 0 for the left one */
function childOf(node: Uint8Array, bit: number): Uint8Array {
  return sha512(node).subarray(bit * NODE_BYTES, (bit + 1) * NODE_BYTES);
}

function childrenOf({ depth, path, node }: SeedNode): [SeedNode, SeedNode] {
  const both = sha512(node);
  return [
    { depth: depth + 1, path: path * 2, node: both.subarray(0, NODE_BYTES) },
    { depth: depth + 1, path: path * 2 + 1, node: both.subarray(NODE_BYTES) },
  ];
}

/** Which way the path to a leaf goes from a node of this depth: 0 left, 1 right. */
function bitOf(leaf: number, depth: number): number {
  return (leaf >> (DEPTH - 1 - depth)) & 1;
}

function isAbove({ depth, path }: SeedNode, leaf: number): boolean {
  return leaf >> (DEPTH - depth) === path;
}

function checkNodes(nodes: readonly SeedNode[]): readonly SeedNode[] {
  const covered = new Set<number>();
  for (const [at, { depth, path, node }] of nodes.entries()) {
    parseInteger(`nodes[${at}].depth`, depth, 0, DEPTH);
    parseInteger(`nodes[${at}].path`, path, 0, 2 ** depth - 1);
    checkBytes(`nodes[${at}].node`, node, NODE_BYTES);
    const width = 2 ** (DEPTH - depth);
    for (let leaf = path * width; leaf < (path + 1) * width; leaf++) {
      if (covered.has(leaf)) throw invalidArgument(`nodes[${at}]`, `gives the seed of leaf ${leaf} a second time`);
      covered.add(leaf);
    }
  }
  return nodes;
}
