import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { leafSeed, leafSeeds, newBundleSeeds, partSalt, puncture, type SeedNode } from "../../src/index.js";
import { hex } from "../support/trees.js";

const ROOT: SeedNode[] = [{ depth: 0, path: 0, node: Buffer.alloc(32, 7) }];
const wrongCall = expect.objectContaining({ code: "invalid_argument" });
const leaf = fc.nat(255);

function halves(node: Uint8Array): [Buffer, Buffer] {
  const both = createHash("sha512").update(node).digest();
  return [both.subarray(0, 32), both.subarray(32)];
}

test("a seed is eight halves of SHA-512 away from the root, most significant bit first", () => {
  let node: Uint8Array = (ROOT[0] as SeedNode).node;
  for (const bit of "10110010") node = halves(node)[Number(bit)] as Uint8Array;
  expect(hex(leafSeed(ROOT, 0b10110010))).toBe(hex(node));
});

test("the salt of a part is SHA-256(0x03, seed, part)", () => {
  const seed = leafSeed(ROOT, 5) as Uint8Array;
  const wanted = createHash("sha256").update(Buffer.concat([Buffer.from([3]), seed, Buffer.from([36])]));
  expect(hex(partSalt(seed, 36))).toBe(wanted.digest("hex"));
});

test("a new bundle has seeds of its own, and all salts of all its leaves differ", () => {
  expect(hex(leafSeed(newBundleSeeds(), 0))).not.toBe(hex(leafSeed(newBundleSeeds(), 0)));
  const salts = leafSeeds(newBundleSeeds()).flatMap((seed) =>
    [0, 1, 255].map((part) => hex(partSalt(seed as Uint8Array, part))),
  );
  expect(new Set(salts).size).toBe(3 * 256);
});

test("all seeds at once are those of each leaf", () => {
  const nodes = puncture(puncture(ROOT, 3), 200);
  expect(leafSeeds(nodes).map(hex)).toEqual(Array.from({ length: 256 }, (_, at) => hex(leafSeed(nodes, at))));
});

describe("a punctured bundle", () => {
  test("has no seed of the leaves that were taken out, and the same as before of all others, in whatever order", () => {
    const whole = leafSeeds(ROOT).map(hex);
    fc.assert(
      fc.property(fc.uniqueArray(leaf, { maxLength: 40 }), (leaves) => {
        const nodes = leaves.reduce((left, one) => puncture(left, one), ROOT as readonly SeedNode[]);
        const gone = new Set(leaves);
        expect(leafSeeds(nodes).map(hex)).toEqual(whole.map((seed, at) => (gone.has(at) ? undefined : seed)));
        expect(nodes.length).toBeLessThanOrEqual(Math.max(1, 8 * leaves.length));
      }),
    );
  });

  test("holds nothing from which the seed follows: no node on the path to the leaf", () => {
    fc.assert(
      fc.property(leaf, fc.array(leaf, { maxLength: 5 }), (erased, others) => {
        let node: Uint8Array = (ROOT[0] as SeedNode).node;
        const onPath = new Set([hex(node)]);
        for (let depth = 0; depth < 8; depth++) {
          node = halves(node)[(erased >> (7 - depth)) & 1] as Uint8Array;
          onPath.add(hex(node));
        }
        const nodes = [...others, erased].reduce((left, one) => puncture(left, one), ROOT as readonly SeedNode[]);
        expect(nodes.filter((one) => onPath.has(hex(one.node)))).toEqual([]);
        // By place, too: none of them is above the leaf.
        expect(nodes.filter(({ depth, path }) => erased >> (8 - depth) === path)).toEqual([]);
      }),
    );
  });

  test("of one leaf is its co-path of eight nodes", () => {
    const nodes = puncture(ROOT, 0b00000101);
    expect(nodes.map(({ depth, path }) => path.toString(2).padStart(depth, "0"))).toEqual([
      "1",
      "01",
      "001",
      "0001",
      "00001",
      "000000",
      "0000011",
      "00000100",
    ]);
  });

  test("is not changed by the same leaf again, and is empty when all are gone", () => {
    const once = puncture(ROOT, 9);
    expect(puncture(once, 9)).toEqual(once);
    const none = Array.from({ length: 256 }, (_, at) => at).reduce(
      (left, one) => puncture(left, one),
      ROOT as readonly SeedNode[],
    );
    expect(none).toEqual([]);
    expect(leafSeeds(none).filter((seed) => seed !== undefined)).toEqual([]);
  });

  test("leaves the nodes that it was made from alone", () => {
    const before = JSON.stringify(ROOT);
    puncture(ROOT, 77);
    expect(JSON.stringify(ROOT)).toBe(before);
  });
});

test("what no bundle has is refused", () => {
  const node = Buffer.alloc(32);
  const wrong: SeedNode[][] = [
    [{ depth: 9, path: 0, node }],
    [{ depth: 1, path: 2, node }],
    [{ depth: 0, path: 0, node: node.subarray(1) }],
    [...ROOT, { depth: 8, path: 5, node }],
    [
      { depth: 3, path: 1, node },
      { depth: 2, path: 0, node },
    ],
  ];
  for (const nodes of wrong) {
    expect(() => leafSeed(nodes, 0)).toThrow(wrongCall);
    expect(() => leafSeeds(nodes)).toThrow(wrongCall);
    expect(() => puncture(nodes, 0)).toThrow(wrongCall);
  }
  for (const at of [-1, 256, 0.5]) {
    expect(() => leafSeed(ROOT, at)).toThrow(wrongCall);
    expect(() => puncture(ROOT, at)).toThrow(wrongCall);
    expect(() => partSalt(node, at)).toThrow(wrongCall);
  }
  expect(() => partSalt(node.subarray(1), 0)).toThrow(wrongCall);
});
