import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeEntryBundle,
  encodeEntryBundle,
  parseTilePath,
  type Tile,
  TreeAppender,
  TreeReader,
  tilePath,
  tilesOfTree,
} from "../../src/index.js";
import { entryOf, hex, leavesOf, MemoryTiles, mth, treeOf } from "../support/trees.js";

describe("paths", () => {
  // The examples of C2SP tlog-tiles and of Go's package tlog.
  test.each([
    ["tile/0/x001/x234/067", { level: 0, index: 1234067, width: 256 }],
    ["tile/4/x001/x234/067.p/1", { level: 4, index: 1234067, width: 1 }],
    ["tile/0/x123/x456/789", { level: 0, index: 123456789, width: 256 }],
    ["tile/1/000.p/255", { level: 1, index: 0, width: 255 }],
    ["tile/entries/x001/000", { level: "entries", index: 1000, width: 256 }],
    ["tile/entries/999.p/17", { level: "entries", index: 999, width: 17 }],
    ["tile/63/x009/x007/x199/x254/x740/991", { level: 63, index: Number.MAX_SAFE_INTEGER, width: 256 }],
  ] as const)("%s", (path, tile) => {
    expect(tilePath(tile)).toBe(path);
    expect(parseTilePath(path)).toEqual(tile);
  });

  test.each([
    "tile/0/000.p/0",
    "tile/0/000.p/256",
    "tile/0/000.p/01",
    "tile/00/000",
    "tile/64/000",
    "tile/-1/000",
    "tile/0/0",
    "tile/0/0000",
    "tile/0/x000/001",
    "tile/0/001/002",
    "tile/0/x001",
    "tile/data/000",
    "tile/0/000/",
    "/tile/0/000",
    "tile/0/000\n",
    "tile/0/x009/x007/x199/x254/x740/992",
    "tile/0/x001/x000/x000/x000/x000/x000/000",
    "",
    "checkpoint",
  ])("%j is none", (path) => {
    expect(() => parseTilePath(path)).toThrow(expect.objectContaining({ code: "invalid_argument" }));
  });

  test("of a tile that cannot be", () => {
    for (const tile of [
      { level: 64, index: 0, width: 1 },
      { level: 0, index: -1, width: 1 },
      { level: 0, index: 0, width: 257 },
    ]) {
      expect(() => tilePath(tile)).toThrow(expect.objectContaining({ code: "invalid_argument" }));
    }
  });
});

describe("tiles of a tree", () => {
  // The examples of C2SP tlog-tiles.
  test("of 70,000 leaves, and of 256", () => {
    const tiles = [...tilesOfTree(70_000)];
    expect(tiles.filter(({ level, width }) => level === 0 && width === 256)).toHaveLength(273);
    expect(tiles.filter(({ width }) => width < 256)).toEqual([
      { level: 0, index: 273, width: 112 },
      { level: 1, index: 1, width: 17 },
      { level: 2, index: 0, width: 1 },
    ]);
    expect(tiles).toHaveLength(273 + 1 + 1 + 1 + 1);
    expect([...tilesOfTree(256)]).toEqual([
      { level: 0, index: 0, width: 256 },
      { level: 1, index: 0, width: 1 },
    ]);
    expect([...tilesOfTree(0)]).toEqual([]);
  });

  test("those that a tree has and an earlier one has not are those that an append gives", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 6 }), (steps) => {
        const appender = new TreeAppender();
        const names = (tiles: Iterable<Tile>): string[] => [...tiles].map(tilePath).sort();
        for (const step of steps) {
          const before = appender.size;
          const given = appender.append(leavesOf(step));
          expect(names(given)).toEqual(names(tilesOfTree(appender.size, before)));
        }
      }),
    );
  });
});

describe("a tree that grows", () => {
  test("has at every size the root of RFC 6962, in whatever steps it grew and wherever it was continued", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 600 }), fc.boolean()), { maxLength: 5 }),
        async (steps) => {
          const tiles = new MemoryTiles();
          let appender = new TreeAppender();
          for (const [step, resumes] of steps) {
            if (resumes) appender = await TreeAppender.resume(tiles, { size: appender.size, root: appender.root() });
            const all = leavesOf(appender.size + step);
            tiles.add(appender.append(all.slice(appender.size)));
            expect(hex(appender.root())).toBe(hex(mth(appender.size)));
          }
          const { size } = appender;
          const reader = new TreeReader(tiles, { size, root: appender.root() });
          if (size > 0) expect(hex(await reader.leafHash(size - 1))).toBe(hex(leavesOf(size)[size - 1]));
        },
      ),
      { numRuns: 60 },
    );
  });

  test("of 70,000 leaves has three levels, and its tiles are the hashes that C2SP defines", async () => {
    const { tiles, size, root } = treeOf(70_000);
    expect([...tiles.files.keys()].sort()).toEqual([...tilesOfTree(size)].map(tilePath).sort());
    expect(hex(root)).toBe(hex(mth(size)));
    const top = tiles.files.get("tile/2/000.p/1") as Uint8Array;
    expect(hex(top)).toBe(hex(mth(65_536)));
    const second = tiles.files.get("tile/1/001.p/17") as Uint8Array;
    expect(hex(second.subarray(32, 64))).toBe(hex(mth(258 * 256, 257 * 256)));
    const reader = new TreeReader(tiles, { size, root });
    for (const at of [65_535, 65_536, 65_537, 69_999]) expect(hex(await reader.rootAt(at))).toBe(hex(mth(at)));
  });

  test("takes hashes only, and none of a list with one that is not", () => {
    const appender = new TreeAppender();
    const [leaf] = leavesOf(1) as [Uint8Array];
    expect(() => appender.append([leaf, leaf.subarray(1)])).toThrow(
      expect.objectContaining({ code: "invalid_argument", option: "leaves[1]" }),
    );
    expect(appender.size).toBe(0);
    expect(hex(appender.root())).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  });

  test("the tiles it gives do not change when it grows on", () => {
    const appender = new TreeAppender();
    const [tile] = appender.append(leavesOf(3));
    const before = hex(tile?.hashes);
    appender.append(leavesOf(500));
    expect(hex(tile?.hashes)).toBe(before);
  });
});

describe("damage", () => {
  const SIZE = 70_000;
  const whole = treeOf(SIZE);
  const withFile = (path: string, change: (bytes: Uint8Array) => Uint8Array | undefined): TreeReader => {
    const tiles = new MemoryTiles();
    for (const [name, bytes] of whole.tiles.files) tiles.files.set(name, bytes);
    const changed = change(Uint8Array.from(tiles.files.get(path) as Uint8Array));
    if (changed === undefined) tiles.files.delete(path);
    else tiles.files.set(path, changed);
    return new TreeReader(tiles, whole);
  };
  const flip = (at: number) => (bytes: Uint8Array) => {
    bytes[at] = (bytes[at] as number) ^ 1;
    return bytes;
  };

  test("a missing tile is named", async () => {
    for (const path of ["tile/0/007", "tile/1/000", "tile/0/273.p/112"]) {
      const index = path === "tile/0/273.p/112" ? SIZE - 1 : 7 * 256;
      await expect(withFile(path, () => undefined).inclusionProof(index)).rejects.toMatchObject({
        problem: "tile_missing",
        message: expect.stringContaining(`${path} is missing`),
      });
    }
  });

  test("a full tile with one bit changed is named, and no other is", async () => {
    for (const at of [0, 4095, 8191]) {
      const reader = withFile("tile/0/007", flip(at));
      await expect(reader.leafHash(7 * 256 + 3)).rejects.toMatchObject({
        problem: "tile_damaged",
        message: "tile/0/007 does not have the hashes that the tree commits to",
      });
      expect(hex(await reader.leafHash(8 * 256))).toBe(hex(leavesOf(8 * 256 + 1).at(-1)));
    }
    await expect(withFile("tile/1/000", flip(40)).leafHash(0)).rejects.toThrow("tile/1/000 does not have");
  });

  test("a partial tile with one bit changed is among those that are named", async () => {
    const partial = ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"];
    for (const path of partial) {
      await expect(withFile(path, flip(31)).leafHash(0)).rejects.toMatchObject({
        problem: "tile_damaged",
        message: expect.stringMatching(new RegExp(`^${partial.join(", ")} do not give the root`)),
      });
    }
  });

  test("a tile with a size that none has is named", async () => {
    for (const bytes of [0, 31, 111 * 32, 112 * 32 + 1, 257 * 32]) {
      await expect(withFile("tile/0/273.p/112", () => new Uint8Array(bytes)).leafHash(0)).rejects.toMatchObject({
        problem: "tile_damaged",
        message: `tile/0/273.p/112 has ${bytes} bytes instead of 3584`,
      });
    }
  });

  test("nothing is read from the tiles of another tree, and nothing is resumed from them", async () => {
    const root = mth(0);
    const { tiles, size } = treeOf(5);
    await expect(new TreeReader(tiles, { size, root }).leafHash(0)).rejects.toMatchObject({ problem: "tile_damaged" });
    await expect(TreeAppender.resume(tiles, { size, root })).rejects.toMatchObject({ problem: "tile_damaged" });
    await expect(new TreeReader(tiles, { size: 0, root: treeOf(5).root }).rootAt(0)).rejects.toMatchObject({
      problem: "tile_damaged",
    });
  });

  test("a partial tile that is gone, or that has grown, is taken from the full one", async () => {
    const { tiles } = treeOf(300);
    const reader = new TreeReader(tiles, treeOf(200));
    expect((await reader.inclusionProof(3)).length).toBe(8);
    expect(tiles.asked).toEqual(["tile/0/000.p/200", "tile/0/000"]);
    const grown = new TreeReader({ readTile: async () => tiles.files.get("tile/0/000") }, treeOf(200));
    expect((await grown.inclusionProof(3)).map(hex)).toEqual((await reader.inclusionProof(3)).map(hex));
  });

  test("a source that fails once is asked again", async () => {
    let fails = true;
    const source = {
      readTile: async (tile: Tile) => {
        if (!fails) return whole.tiles.readTile(tile);
        throw new Error("unreachable");
      },
    };
    const reader = new TreeReader(source, whole);
    await expect(reader.leafHash(5)).rejects.toThrow("unreachable");
    fails = false;
    expect(hex(await reader.leafHash(5))).toBe(hex(leavesOf(6)[5]));
  });

  test("tiles are read once, and not kept without limit", async () => {
    const { tiles } = treeOf(SIZE);
    const reader = new TreeReader(tiles, whole);
    for (let index = 0; index < SIZE; index += 256) await reader.leafHash(index);
    const first = tiles.asked.length;
    expect(first).toBe(new Set(tiles.asked).size);
    await reader.leafHash(SIZE - 300);
    expect(tiles.asked.length).toBe(first);
    await reader.leafHash(0);
    expect(tiles.asked.length).toBeGreaterThan(first);
  });
});

describe("entry bundles", () => {
  test("have each entry after its length", () => {
    const bundle = encodeEntryBundle([Buffer.from("a"), Buffer.from(""), Buffer.alloc(300, 0x62)]);
    expect(hex(bundle.subarray(0, 10))).toBe("0001610000012c626262");
    expect(bundle).toHaveLength(3 * 2 + 301);
    expect(decodeEntryBundle(bundle).map(({ length }) => length)).toEqual([1, 0, 300]);
  });

  test("give back what was put in", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 600 }), { minLength: 1, maxLength: 256 }), (entries) => {
        expect(decodeEntryBundle(encodeEntryBundle(entries)).map(hex)).toEqual(entries.map(hex));
      }),
    );
  });

  test("hold 1 to 256 entries of up to 65,535 bytes", () => {
    const wrong = expect.objectContaining({ code: "invalid_argument" });
    expect(() => encodeEntryBundle([])).toThrow(wrong);
    expect(() => encodeEntryBundle(Array.from({ length: 257 }, () => new Uint8Array(0)))).toThrow(wrong);
    expect(() => encodeEntryBundle([new Uint8Array(65_536)])).toThrow(
      expect.objectContaining({ code: "too_large", option: "entries[0]" }),
    );
    expect(decodeEntryBundle(encodeEntryBundle([new Uint8Array(65_535)]))[0]).toHaveLength(65_535);
  });

  test("that end within an entry, or have too many, are damaged", () => {
    const damaged = expect.objectContaining({ problem: "tile_damaged" });
    for (const bytes of ["", "00", "0001", "000161ff", "00016100"]) {
      expect(() => decodeEntryBundle(Buffer.from(bytes, "hex")), bytes).toThrow(damaged);
    }
    expect(() => decodeEntryBundle(new Uint8Array(2 * 257))).toThrow(damaged);
  });

  test("are held to the tree, every byte of them", async () => {
    const { tiles, size, root } = treeOf(300);
    const reader = new TreeReader(tiles, { size, root });
    const entries = Array.from({ length: 44 }, (_, at) => entryOf(256 + at));
    const bundle = encodeEntryBundle(entries);
    expect((await reader.verifyEntries(1, bundle)).map(hex)).toEqual(entries.map(hex));
    for (let at = 0; at < bundle.length; at++) {
      const changed = Uint8Array.from(bundle);
      changed[at] = (changed[at] as number) ^ 1;
      await expect(reader.verifyEntries(1, changed), `byte ${at}`).rejects.toMatchObject({ problem: "tile_damaged" });
    }
    await expect(reader.verifyEntries(1, encodeEntryBundle(entries.slice(1)))).rejects.toThrow(
      "tile/entries/001.p/44 has 43 entries instead of 44",
    );
    await expect(reader.verifyEntries(1, encodeEntryBundle(entries.toReversed()))).rejects.toThrow(
      "another entry for leaf 256",
    );
    await expect(reader.verifyEntries(2, bundle)).rejects.toMatchObject({ code: "invalid_argument" });
  });
});
