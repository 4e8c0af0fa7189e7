import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type ExportReport, verifyExport, writeExport } from "../../src/index.js";
import { filesIn, found, remakeManifest, withFolder } from "../support/exports.js";
import { KEYS, MemoryLog } from "../support/memory-log.js";

/** Which bytes of files that take one verification for each are changed: all with `AASM_TEST_FLIPS=1`. */
const EVERY = Number(process.env.AASM_TEST_FLIPS ?? 61);

/** 300 events: sealed and not, some of them dropped or erased, and an anchor. */
async function log300(): Promise<MemoryLog> {
  const log = new MemoryLog().append(150).seal();
  await log.anchor();
  log.append(100).seal();
  log.drop("run-1", [
    [3, 4],
    [20, 1],
  ]);
  log.erase("R1", [
    [30, [2, 4]],
    [160, [5]],
  ]);
  log.seal().append(50);
  return log;
}

const isEvent = (log: MemoryLog, leaf: number): boolean =>
  !log.statementEntries.has(leaf) && log.rowOf(leaf) !== undefined;

function flip(bytes: Uint8Array, at: number): void {
  bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
}

/** Every file with its content; each is as it was again after `work`. */
async function eachFile(work: (path: string, content: Uint8Array, put: Put) => Promise<void>): Promise<void> {
  await withFolder(async (parent) => {
    const { folder } = await writeExport(await log300(), join(parent, "x"));
    for (const path of await filesIn(folder)) {
      const content = await readFile(join(folder, path));
      const put: Put = async (changed, isConcealed = false) => {
        await writeFile(join(folder, path), changed);
        if (isConcealed) await remakeManifest(folder);
        return verifyExport(folder, { keys: KEYS });
      };
      await work(path, content, put);
      await put(content, true);
    }
  });
}

type Put = (changed: Uint8Array, isConcealed?: boolean) => Promise<ExportReport>;

test("a changed byte anywhere is found", async () => {
  let flips = 0;
  await eachFile(async (path, content, put) => {
    for (let at = flips % EVERY; at < content.length; at += content.length > 20_000 ? EVERY * 41 : EVERY) {
      const changed = Uint8Array.from(content);
      flip(changed, at);
      const report = await put(changed);
      flips++;
      expect(report.isComplete, `byte ${at} of ${path}`).toBe(false);
      expect(report.findingCount, `byte ${at} of ${path}`).toBeGreaterThan(0);
    }
  });
  expect(flips).toBeGreaterThan(250);
});

describe("a changed byte whose file has a new digest in the manifest", () => {
  /** What no leaf binds: the manifest itself is remade, and the others are for people, or have no place in the tree. */
  const UNBOUND = /^(?:README\.txt|manifest\.jsonl|keys\/.*|anchors\/.*)$/;

  test("in a small file of the evidence is found", async () => {
    let flips = 0;
    await eachFile(async (path, content, put) => {
      if (UNBOUND.test(path) || content.length > 20_000) return;
      for (let at = flips % EVERY; at < content.length; at += EVERY) {
        const changed = Uint8Array.from(content);
        flip(changed, at);
        const report = await put(changed, true);
        flips++;
        expect(report.isComplete, `byte ${at} of ${path}`).toBe(false);
        expect(report.findingCount, `byte ${at} of ${path}`).toBeGreaterThan(0);
      }
    });
    expect(flips).toBeGreaterThan(150);
  });

  test("is named at every leaf: all rows have the same byte changed, one byte after the other", async () => {
    const log = await log300();
    const leaves = [...Array(log.size).keys()].filter((leaf) => isEvent(log, leaf));
    await eachFile(async (path, content, put) => {
      if (path !== "events.jsonl") return;
      const lines = Buffer.from(content).toString("latin1").split("\n").slice(0, -1);
      expect(lines).toHaveLength(leaves.length);
      const longest = Math.max(...lines.map(({ length }) => length));
      for (let at = 0; at < longest; at += EVERY > 1 ? 17 : 1) {
        const changed = lines.map((line) => {
          const bytes = Buffer.from(line, "latin1");
          if (bytes.length > 0) flip(bytes, at % bytes.length);
          return bytes.toString("latin1");
        });
        const report = await put(Buffer.from(`${changed.join("\n")}\n`, "latin1"), true);
        const named = new Set(report.findings.map(({ leaf }) => leaf));
        expect(
          leaves.filter((leaf) => !named.has(leaf)),
          `byte ${at}`,
        ).toEqual([]);
      }
    });
  });

  test("is named at every leaf: all entries have the same byte changed", async () => {
    await eachFile(async (path, content, put) => {
      if (!path.startsWith("tile/entries/")) return;
      const first = path.endsWith("000") ? 0 : 256;
      for (let at = 0; at < 480; at += EVERY > 1 ? 29 : 1) {
        const changed = Uint8Array.from(content);
        const leaves: number[] = [];
        let leaf = first;
        for (let start = 0; start < content.length; leaf++) {
          const length = Buffer.from(content).readUInt16BE(start);
          if (length > 0) {
            flip(changed, start + 2 + (at % length));
            leaves.push(leaf);
          }
          start += 2 + length;
        }
        const report = await put(changed, true);
        expect(found(report).filter((text) => text.startsWith("tile_damaged"))).toEqual(
          leaves.map((one) => `tile_damaged ${one}`),
        );
      }
    });
  });
});
