import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isEvidenceError, leafHash, TreeReader, verifyConsistency, verifyInclusion } from "../../src/index.js";
import { nodeHash } from "../../src/tree/hash.js";
import { entryOf, hex, leavesOf, MemoryTiles, mth, path, subproof, treeOf } from "../support/trees.js";

const LARGEST = 1030;
const WHOLE = treeOf(LARGEST);
const reader = new TreeReader(WHOLE.tiles, WHOLE);
const rootOf = (size: number): Uint8Array => mth(size);

/** Every size up to 300, and those around the edges of tiles. */
const SIZES = [
  ...Array.from({ length: 301 }, (_, size) => size),
  ...[383, 384, 511, 512, 513, 640, 767, 768, 769, 1000, 1023, 1024, 1025, 1030],
];

/** All of a small tree; of a larger one, some and those around the edges of tiles. */
function sampled(size: number): number[] {
  const all = Array.from({ length: size }, (_, index) => index);
  return size <= 300 ? all : all.filter((index) => index % 17 === 0 || index > size - 3 || (index + 1) % 256 < 2);
}

/** Not by `expect`, which takes longer than all else for a hundred thousand proofs. */
function isSame(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return Buffer.concat(a).equals(Buffer.concat(b));
}

test("known roots of small trees (the Certificate Transparency reference tree)", () => {
  const inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
  const leaves = inputs.map((input) => leafHash(Buffer.from(input, "hex")));
  const level = (hashes: readonly Uint8Array[]): Uint8Array[] =>
    hashes.flatMap((left, at) => (at % 2 === 0 ? [nodeHash(left, hashes[at + 1] as Uint8Array)] : []));
  expect(hex(leaves[0])).toBe("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  expect(hex(level(leaves)[0])).toBe("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
  expect(level(level(level(leaves))).map(hex)).toEqual([
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
  ]);
});

test("the root at any size is that of RFC 6962", async () => {
  for (const size of SIZES) expect(hex(await reader.rootAt(size)), String(size)).toBe(hex(rootOf(size)));
});

test("every leaf of every size is proven as RFC 6962 says, and the proof verifies", async () => {
  const leaves = leavesOf(LARGEST);
  let proofs = 0;
  const differing: string[] = [];
  for (const size of SIZES) {
    const tree = { size, root: rootOf(size) };
    for (const index of sampled(size)) {
      const proof = await reader.inclusionProof(index, size);
      if (!isSame(proof, path(index, size))) differing.push(`${index} of ${size}`);
      verifyInclusion(proof, leaves[index] as Uint8Array, index, tree);
      proofs++;
    }
  }
  expect(differing).toEqual([]);
  expect(proofs).toBeGreaterThan(45_000);
});

test("every size is proven to continue every smaller one as RFC 6962 says, and the proof verifies", async () => {
  const differing: string[] = [];
  for (const size of SIZES) {
    const later = { size, root: rootOf(size) };
    for (const oldSize of [...sampled(size), size]) {
      const proof = await reader.consistencyProof(oldSize, size);
      const wanted = oldSize === 0 ? [] : subproof(oldSize, size);
      if (!isSame(proof, wanted)) differing.push(`${oldSize} in ${size}`);
      verifyConsistency(proof, { size: oldSize, root: rootOf(oldSize) }, later);
    }
  }
  expect(differing).toEqual([]);
});

describe("what is not so does not verify", () => {
  const invalid = (run: () => void): boolean => {
    try {
      run();
      return false;
    } catch (error) {
      return isEvidenceError(error, "proof_invalid");
    }
  };
  const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
    const copy = Uint8Array.from(bytes);
    copy[at % 32] = (copy[at % 32] as number) ^ (1 << (at % 8));
    return copy;
  };

  test("a proof of inclusion with anything changed", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: LARGEST }), fc.nat(), fc.nat(), async (size, leaf, at) => {
        const index = leaf % size;
        const tree = { size, root: rootOf(size) };
        const hash = leafHash(entryOf(index));
        const proof = await reader.inclusionProof(index, size);
        expect(invalid(() => verifyInclusion(proof, flipped(hash, at), index, tree))).toBe(true);
        expect(invalid(() => verifyInclusion(proof, hash, index, { size, root: flipped(tree.root, at) }))).toBe(true);
        expect(invalid(() => verifyInclusion([...proof, hash], hash, index, tree))).toBe(true);
        if (proof.length === 0) return;
        const which = at % proof.length;
        const changed = proof.map((one, n) => (n === which ? flipped(one, at) : one));
        expect(invalid(() => verifyInclusion(changed, hash, index, tree))).toBe(true);
        expect(invalid(() => verifyInclusion(proof.slice(1), hash, index, tree))).toBe(true);
        const other = (index + 1 + (at % (size - 1))) % size;
        expect(invalid(() => verifyInclusion(proof, hash, other, tree))).toBe(true);
      }),
    );
  });

  test("a proof of consistency with anything changed", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: LARGEST }), fc.nat(), fc.nat(), async (size, old, at) => {
        const oldSize = 1 + (old % (size - 1));
        const [earlier, later] = [oldSize, size].map((one) => ({ size: one, root: rootOf(one) })) as [never, never];
        const { root, ...rest } = earlier as { root: Uint8Array; size: number };
        const proof = await reader.consistencyProof(oldSize, size);
        expect(invalid(() => verifyConsistency(proof, { ...rest, root: flipped(root, at) }, later))).toBe(true);
        expect(invalid(() => verifyConsistency(proof, earlier, { size, root: flipped(rootOf(size), at) }))).toBe(true);
        expect(invalid(() => verifyConsistency([...proof, root], earlier, later))).toBe(true);
        expect(invalid(() => verifyConsistency(proof.slice(1), earlier, later))).toBe(true);
        const changed = proof.map((one, n) => (n === at % proof.length ? flipped(one, at) : one));
        expect(invalid(() => verifyConsistency(changed, earlier, later))).toBe(true);
      }),
    );
  });

  test("trees of one size with two roots, and trees without leaves with another root than theirs", () => {
    const [one, other] = [rootOf(5), rootOf(6)];
    const empty = { size: 0, root: rootOf(0) };
    verifyConsistency([], empty, empty);
    verifyConsistency([], empty, { size: 5, root: one });
    expect(invalid(() => verifyConsistency([], { size: 5, root: one }, { size: 5, root: other }))).toBe(true);
    expect(invalid(() => verifyConsistency([], { size: 0, root: one }, { size: 5, root: one }))).toBe(true);
    expect(invalid(() => verifyConsistency([], empty, { size: 0, root: one }))).toBe(true);
  });
});

test("what no tree can have is refused as a wrong call", async () => {
  const tree = { size: 5, root: rootOf(5) };
  const leaf = leafHash(entryOf(0));
  const wrong = expect.objectContaining({ code: "invalid_argument" });
  expect(() => verifyInclusion([], leaf, 5, tree)).toThrow(wrong);
  expect(() => verifyInclusion([], leaf, -1, tree)).toThrow(wrong);
  expect(() => verifyInclusion([], leaf.subarray(1), 0, tree)).toThrow(wrong);
  expect(() => verifyInclusion([leaf, leaf, leaf.subarray(1)], leaf, 0, tree)).toThrow(wrong);
  expect(() => verifyConsistency([], { size: 6, root: rootOf(6) }, tree)).toThrow(wrong);
  await expect(reader.inclusionProof(0, LARGEST + 1)).rejects.toThrow(wrong);
  await expect(reader.inclusionProof(5, 5)).rejects.toThrow(wrong);
  await expect(reader.consistencyProof(6, 5)).rejects.toThrow(wrong);
  const empty = new TreeReader(new MemoryTiles(), { size: 0, root: rootOf(0) });
  await expect(empty.leafHash(0)).rejects.toThrow(wrong);
  await expect(empty.verifyEntries(0, new Uint8Array(2))).rejects.toThrow(wrong);
  expect(await empty.consistencyProof(0)).toEqual([]);
});

test("a proof in the largest tree that can be counted has as many hashes as the tree has levels", () => {
  const size = Number.MAX_SAFE_INTEGER;
  const leaf = leafHash(entryOf(0));
  const proof = Array.from({ length: 53 }, () => leaf);
  let root = leaf;
  for (const sibling of proof) root = nodeHash(root, sibling);
  verifyInclusion(proof, leaf, 0, { size, root });
  expect(() => verifyInclusion(proof.slice(1), leaf, 0, { size, root })).toThrow("has 53 hashes, not 52");
});
