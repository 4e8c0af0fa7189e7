import { mkdir, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseSeedsLine } from "../../src/folder/seeds-line.js";
import {
  decodeEntryBundle,
  type EvidenceSource,
  leafHash,
  leafSeed,
  openCheckpoint,
  TreeReader,
  tilePath,
  tilesOfTree,
  verifyExport,
  writeExport,
} from "../../src/index.js";
import { filesIn, linesOf, withFolder } from "../support/exports.js";
import { KEYS, MemoryLog } from "../support/memory-log.js";

const NOV_28 = { from: new Date("2026-11-28T00:00:00Z"), to: new Date("2026-11-29T00:00:00Z") };

function tenDays(): MemoryLog {
  const log = new MemoryLog();
  for (let seal = 0; seal < 20; seal++) log.append(71).seal();
  return log.append(9);
}

test("an export of a range has its bundles, the open tail, and nothing of the others", async () => {
  await withFolder(async (parent) => {
    const log = tenDays();
    const written = await writeExport(log, join(parent, "x"), NOV_28);
    expect(written).toMatchObject({
      folder: join(parent, "x"),
      origin: "example.com/audit",
      size: 1_449,
      problems: [],
    });
    const files = await filesIn(written.folder);
    expect(files.filter((path) => path.startsWith("tile/entries/"))).toEqual([
      "tile/entries/000",
      "tile/entries/001",
      "tile/entries/005.p/169",
    ]);
    const rows = (await linesOf(written.folder, "events.jsonl")).map((line) => JSON.parse(line));
    expect(rows).toHaveLength(written.events);
    for (const { ts } of rows) expect(ts.slice(0, 10)).toBe("2026-11-28");
    expect((await stat(written.folder)).mode & 0o077).toBe(0);
  });
});

test("salts of other events do not leave the store", async () => {
  await withFolder(async (parent) => {
    const log = tenDays();
    log.erase(
      "R1",
      [
        [150, [2, 4]],
        [20, [4]],
      ].sort(([a], [b]) => (a as number) - (b as number)) as never,
    );
    const { folder } = await writeExport(log.seal(), join(parent, "x"), NOV_28);
    const shown = new Set((await linesOf(folder, "events.jsonl")).map((line) => JSON.parse(line).leafIndex as number));
    let seeds = 0;
    for (const line of await linesOf(folder, "seeds.jsonl")) {
      const salts = parseSeedsLine(line);
      if (salts === undefined) throw new Error("a line in another form");
      expect([...salts.salts.keys()].every((leaf) => shown.has(leaf))).toBe(true);
      for (let place = 0; place < 256; place++) {
        const leaf = salts.bundle * 256 + place;
        if (leafSeed(salts.nodes, place) === undefined || log.statementEntries.has(leaf)) continue;
        expect(shown.has(leaf), `seed of leaf ${leaf}`).toBe(true);
        seeds++;
      }
    }
    expect(seeds).toBe(shown.size - 1);
  });
});

test("a whole export is a tree that other readers of tiles verify", async () => {
  await withFolder(async (parent) => {
    const log = tenDays();
    const { folder, minimumIndex } = await writeExport(log, join(parent, "x"), { whole: true });
    expect(minimumIndex).toBe(0);
    const checkpoint = openCheckpoint(await readFile(join(folder, "checkpoint")), KEYS);
    const readTile = async (tile: Parameters<typeof tilePath>[0]) => readFile(join(folder, tilePath(tile)));
    const reader = new TreeReader({ readTile }, checkpoint);
    let entries = 0;
    for (const { level, index, width } of tilesOfTree(checkpoint.size)) {
      expect(await reader.tileHashes(level, index)).toHaveLength(width * 32);
      if (level > 0) continue;
      const bundle = await readTile({ level: "entries", index, width } as never);
      entries += (await reader.verifyEntries(index, bundle)).length;
    }
    expect(entries).toBe(1_449);
    expect(await verifyExport(folder, { keys: KEYS })).toMatchObject({ isComplete: true, events: 1_429 });
  });
});

test("a whole export of which rows were dropped begins at its minimum index", async () => {
  await withFolder(async (parent) => {
    const log = tenDays();
    log.drop("run-1", [[0, 71]]);
    const { folder, minimumIndex } = await writeExport(log, join(parent, "x"), { whole: true });
    expect(minimumIndex).toBe(256);
    const entries = decodeEntryBundle(await readFile(join(folder, "tile/entries/000")));
    expect(entries.map(({ length }) => length === 0).lastIndexOf(true)).toBe(70);
    expect(leafHash(entries[71] as Uint8Array)).toEqual(leafHash(log.statementEntries.get(71) as Uint8Array));
    expect(await verifyExport(folder, { keys: KEYS })).toMatchObject({ isComplete: true, dropped: 71 });
  });
});

test("what the store no longer has as it was sealed is told", async () => {
  await withFolder(async (parent) => {
    const log = tenDays();
    log.rows.set(200, { ...log.eventOf(200), decision: "other" });
    const { problems } = await writeExport(log, join(parent, "x"), NOV_28);
    expect(problems).toEqual(["the row of leaf 200 is not as sealed"]);
  });
});

describe("the folder", () => {
  test("must be new", async () => {
    await withFolder(async (parent) => {
      await mkdir(join(parent, "x"));
      const refused = writeExport(tenDays(), join(parent, "x"));
      await expect(refused).rejects.toMatchObject({ code: "invalid_argument", option: "folder" });
      expect(await readdir(parent)).toEqual(["x"]);
    });
  });

  test("is made with those above it, and not at all by an export that does not end well", async () => {
    await withFolder(async (parent) => {
      await writeExport(tenDays(), join(parent, "a/b/x"));
      expect(await readdir(join(parent, "a/b"))).toEqual(["x"]);

      const log = tenDays();
      const stop = new AbortController();
      const stopping: EvidenceSource = wrap(log, {
        async *events(start, end) {
          if (start > 256) stop.abort(new Error("stopped"));
          yield* log.events(start, end);
        },
      });
      await expect(writeExport(stopping, join(parent, "y"), { signal: stop.signal })).rejects.toThrow("stopped");
      const failing = wrap(log, {
        salts: async () => {
          throw new Error("connection lost");
        },
      });
      await expect(writeExport(failing, join(parent, "y"))).rejects.toThrow("connection lost");
      expect(await readdir(parent)).toEqual(["a"]);
    });
  });

  test("is not written from a log whose checkpoint, tiles, statements or lists are damaged", async () => {
    await withFolder(async (parent) => {
      const refuse = async (source: EvidenceSource, problem: string): Promise<void> => {
        await expect(writeExport(source, join(parent, "x"))).rejects.toMatchObject({ problem });
        expect(await readdir(parent)).toEqual([]);
      };
      const log = tenDays();
      log.drop("run-1", [[0, 71]]);
      const note = await log.sign();
      await refuse(wrap(log, { checkpoint: async () => note.replace("\n1451\n", "\n1450\n") }), "signature_invalid");
      await refuse(wrap(log, { readTile: async () => Buffer.alloc(8192) }), "tile_damaged");
      await refuse(
        wrap(log, { readTile: async (tile) => (tile.level > 0 ? log.readTile(tile) : undefined) }),
        "tile_missing",
      );
      await refuse(wrap(log, { list: async () => "[[0,70]]" }), "entry_malformed");
      await refuse(wrap(log, { list: async () => undefined }), "entry_malformed");
      const other = async function* () {
        for await (const { leaf, entry } of log.statements(log.size))
          yield { leaf: leaf < 1450 ? leaf : leaf - 1, entry };
      };
      await refuse(wrap(log, { statements: other }), "entry_malformed");
    });
  });
});

test("options", async () => {
  const log = tenDays();
  for (const options of [{ from: new Date(Number.NaN) }, { to: "2026" }, { ...NOV_28, to: NOV_28.from }]) {
    await expect(writeExport(log, "x", options as never)).rejects.toMatchObject({ code: "invalid_argument" });
  }
});

/** A source with some methods of another. */
function wrap(log: MemoryLog, changes: Partial<EvidenceSource>): EvidenceSource {
  return {
    checkpoint: () => log.checkpoint(),
    verifierKeys: () => log.verifierKeys(),
    statements: (size) => log.statements(size),
    events: (start, end) => log.events(start, end),
    salts: (bundle) => log.salts(bundle),
    list: (leaf) => log.list(leaf),
    receipts: () => log.receipts(),
    readTile: (tile) => log.readTile(tile),
    ...changes,
  };
}
