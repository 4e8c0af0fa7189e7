import { execFileSync } from "node:child_process";
import { appendFile, mkdir, readFile, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { generateSignerKey, parseVerifierKey, verifyExport, writeExport } from "../../src/index.js";
import { filesIn, found, linesOf, remakeManifest, verified, withFolder } from "../support/exports.js";
import { KEYS, MemoryLog } from "../support/memory-log.js";

function aLog(): MemoryLog {
  const log = new MemoryLog().append(300).seal().append(300).seal();
  log.drop("run-1", [[40, 10]]);
  log.erase("R1", [[60, [4]]]);
  return log.seal().append(20);
}

type Change = (folder: string) => Promise<void>;

/** Findings of an export that was changed, once plainly, once with a manifest that fits. */
async function both(change: Change, log: MemoryLog = aLog()): Promise<readonly [string[], string[]]> {
  const plain = await verified(log, {}, change);
  const concealed = await verified(log, {}, async (folder) => {
    await change(folder);
    await remakeManifest(folder);
  });
  expect([plain.isComplete, concealed.isComplete]).toEqual([false, false]);
  return [found(plain), found(concealed)];
}

/** Changes the lines of a file. */
function lines(path: string, change: (lines: string[]) => string[]): Change {
  return async (folder) => {
    const changed = change(await linesOf(folder, path));
    await writeFile(join(folder, path), changed.map((line) => `${line}\n`).join(""));
  };
}

const eventLines = (change: (lines: string[]) => string[]): Change => lines("events.jsonl", change);

describe("rows", () => {
  test("one removed is missing at its leaf", async () => {
    const change = eventLines((all) => all.filter((_, at) => at !== 30));
    expect(await both(change)).toEqual([["export_incomplete 30"], ["export_incomplete 30"]]);
  });

  test("one added is altered", async () => {
    for (const [add, finding] of [
      [(line: string) => line, "export_altered 30"],
      [(line: string) => line.replace('"leafIndex":30', '"leafIndex":300'), "export_altered 300"],
      [(line: string) => line.replace('"leafIndex":30', '"leafIndex":9999'), "export_altered 9999"],
      [() => '{"leafIndex":1}', "export_altered"],
    ] as const) {
      const change = eventLines((all) => [...all, add(all[30] as string)].sort(byLeaf));
      expect(await both(change)).toEqual([[finding], [finding]]);
    }
  });

  test("one in the place of what was dropped, and one edited", async () => {
    const inPlace = eventLines((all) => [...all, (all[30] as string).replace(":30,", ":42,")].sort(byLeaf));
    expect(await both(inPlace)).toEqual([["edited 42"], ["edited 42"]]);
    const edited = eventLines((all) => all.map((line) => line.replace(/"deny"(.*"leafIndex":50,)/, '"allow"$1')));
    expect(await both(edited)).toEqual([["edited 50"], ["edited 50"]]);
  });

  test("two whose leaves were exchanged, and two in another order", async () => {
    const exchanged = eventLines((all) =>
      all.map((line) => line.replace(/"leafIndex":(1[01]),/, (_, at) => `"leafIndex":${21 - at},`)).sort(byLeaf),
    );
    expect(await both(exchanged)).toEqual([
      ["edited 10", "edited 11"],
      ["edited 10", "edited 11"],
    ]);
    const turned = eventLines((all) => [all[1] as string, all[0] as string, ...all.slice(2)]);
    expect(await both(turned)).toEqual(
      [
        ["export_incomplete 0", "export_altered 0"],
        ["export_incomplete 0", "export_altered 0"],
      ].map((wanted) => expect.arrayContaining(wanted)),
    );
  });

  test("one that says to have been erased, and one whose erased part came back", async () => {
    const erased = eventLines((all) => all.map((line) => line.replace(/"to":"user-100@example.com"/, "")));
    expect(await both(erased)).toEqual([["edited 100"], ["edited 100"]]);
    const back = eventLines((all) =>
      all.map((line) => line.replace(/(:60,.*"payload":\{)/, '$1"arguments":{"to":"user-60@example.com"},')),
    );
    expect(await both(back)).toEqual([["edited 60"], ["edited 60"]]);
  });

  function byLeaf(a: string, b: string): number {
    const leafOf = (line: string): number => Number(/"leafIndex":(\d+)/.exec(line)?.[1]);
    return leafOf(a) - leafOf(b);
  }
});

describe("statements that are left out", () => {
  const statements = (change: (all: string[]) => string[]): Change => lines("statements.jsonl", change);

  test.each<readonly [string, (all: string[]) => string[], readonly string[]]>([
    ["the newest seal", (all) => all.filter((line) => !line.includes('"n":2')), ["seal_missing 606"]],
    [
      "the newest two",
      (all) => all.filter((line) => !/"n":[12],/.test(line)),
      ["seal_missing 601", "seal_missing 606"],
    ],
    ["one in between", (all) => all.filter((line) => !line.includes('"n":1')), ["seal_missing 606"]],
    ["a drop that is done", (all) => all.filter((line) => !line.includes('"leaf":603}')), ["export_incomplete 606"]],
    ["an erasure", (all) => all.filter((line) => !/"t":"erase".*:604/.test(line)), ["export_incomplete 606"]],
    ["all", () => [], ["seal_missing 300", "seal_missing 601", "seal_missing 606"]],
  ])("%s", async (_, change, wanted) => {
    for (const findings of await both(statements(change)))
      expect(findings).toEqual(expect.arrayContaining([...wanted]));
  });

  test("one put in", async () => {
    const change = statements((all) => [...all.slice(0, 2), (all[2] as string).replace(/"leaf":\d+}/, '"leaf":601}')]);
    for (const findings of await both(change)) expect(findings).not.toEqual([]);
  });
});

describe("files", () => {
  test("each one missing, and each one cut, is found", async () => {
    const paths = await withFolder(async (parent) => {
      const log = aLog();
      await log.anchor();
      return filesIn((await writeExport(log, join(parent, "x"))).folder);
    });
    expect(paths).toHaveLength(17);
    const log = aLog();
    await log.anchor();
    for (const path of paths) {
      const missing = await verified(log, {}, (folder) => rm(join(folder, path)));
      expect(missing.findings, path).not.toEqual([]);
      expect(missing.findings[0]).toMatchObject({ code: "export_incomplete" });
      const cut = await verified(log, {}, async (folder) => {
        const { length } = await readFile(join(folder, path));
        await truncate(join(folder, path), Math.floor(length / 2));
      });
      expect(cut.isComplete || cut.findingCount === 0, path).toBe(false);
    }
  });

  test.each<readonly [string, Change]>([
    ["a file more", (folder) => writeFile(join(folder, "notes.txt"), "")],
    ["a file in a folder of its own", async (folder) => void (await mkdir(join(folder, "a/b"), { recursive: true }))],
    ["a tile more", (folder) => writeFile(join(folder, "tile/0/077"), "")],
  ])("%s", async (_, change) => {
    expect(found(await verified(aLog(), {}, change))).toEqual(["export_altered"]);
  });

  test.skipIf(process.platform === "win32")("links, pipes and devices are not opened", async () => {
    const swap =
      (path: string, put: (place: string) => Promise<void>): Change =>
      async (folder) => {
        await rename(join(folder, path), `${folder}-moved`);
        await put(join(folder, path));
      };
    const fifo = async (place: string): Promise<void> => void execFileSync("mkfifo", [place]);
    for (const path of ["events.jsonl", "checkpoint", "tile/0/000", "tile/entries", "manifest.jsonl", "lists"]) {
      for (const put of [(place: string) => symlink("/dev/zero", place), fifo]) {
        const { findings } = await verified(aLog(), {}, swap(path, put));
        expect(findings, path).not.toEqual([]);
      }
      const linked = await verified(aLog(), {}, async (folder) => {
        await rename(join(folder, path), `${folder}-moved`);
        await symlink(`${folder}-moved`, join(folder, path));
      });
      expect(linked.findings, path).not.toEqual([]);
    }
  });

  test("a manifest cannot lead out of the folder", async () => {
    for (const path of [
      "../outside",
      "/etc/passwd",
      "tile/../../x",
      "lists/../checkpoint",
      "keys/..",
      "tile/0/000/../001",
    ]) {
      const change = lines("manifest.jsonl", ([header = "", ...rest]) => {
        const line = `{"bytes":1,"path":${JSON.stringify(path)},"sha256":"${"0".repeat(64)}"}`;
        return [header, line, ...rest];
      });
      const { findings } = await verified(aLog(), {}, change);
      expect(findings[0]).toEqual({
        code: "export_altered",
        detail: "manifest.jsonl line 2 names a file that no export has",
      });
    }
  });

  test("a line that does not end is not read to its end", async () => {
    const change: Change = async (folder) => {
      await appendFile(join(folder, "seeds.jsonl"), Buffer.alloc(3_000_000, "x"));
      await appendFile(join(folder, "manifest.jsonl"), Buffer.alloc(3_000_000, "x"));
    };
    const { findings } = await verified(aLog(), {}, change);
    expect(findings).toEqual([{ code: "export_altered", detail: "manifest.jsonl has a line of more than 1000 bytes" }]);
    const [, concealed] = await both((folder) => appendFile(join(folder, "seeds.jsonl"), Buffer.alloc(3_000_000, "x")));
    expect(concealed).toContain("export_altered");
  });

  test("nesting without end is no line", async () => {
    const deep = `{"payload":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    expect(await both(eventLines((all) => [...all, deep]))).toEqual([["export_altered"], ["export_altered"]]);
  });

  test("a folder that is none", async () => {
    await withFolder(async (folder) => {
      await expect(verifyExport(join(folder, "x"), { keys: KEYS })).rejects.toMatchObject({ code: "not_found" });
      await writeFile(join(folder, "file"), "");
      await expect(verifyExport(join(folder, "file"), { keys: KEYS })).rejects.toMatchObject({
        code: "invalid_argument",
      });
      expect(found(await verifyExport(folder, { keys: KEYS }))).toEqual(["export_incomplete"]);
    });
  });

  test("a list of no statement, and tiles that the tree does not have, are told also where the manifest names them", async () => {
    for (const path of ["lists/1.json", "tile/1/001", "tile/0/002.p/17", "tile/entries/009", "tile/99/000"]) {
      const add: Change = async (folder) => {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), "[[1,2]]");
      };
      const [, concealed] = await both(add);
      expect(concealed, path).toEqual(["export_altered"]);
    }
  });
});

describe("checkpoints", () => {
  const put =
    (note: string): Change =>
    (folder) =>
      writeFile(join(folder, "checkpoint"), note);

  test("of another key", async () => {
    const { verifierKey } = generateSignerKey("example.com/audit");
    const report = await verified(aLog(), { verify: { keys: [parseVerifierKey(verifierKey)] } });
    expect(found(report)).toEqual(["key_unknown"]);
    expect(report.unchecked).toHaveLength(1);
  });

  test("forged: with another root, or another size", async () => {
    const note = await aLog().sign();
    const [origin, size, root, ...rest] = note.split("\n");
    const other = Buffer.alloc(32, 7).toString("base64");
    expect(await both(put([origin, size, other, ...rest].join("\n")))).toEqual([
      ["checkpoint_forged"],
      ["checkpoint_forged"],
    ]);
    expect(await both(put([origin, "12", root, ...rest].join("\n")))).toEqual([
      ["checkpoint_forged"],
      ["checkpoint_forged"],
    ]);
  });

  test("older", async () => {
    const log = new MemoryLog().append(300).seal();
    const older = await log.sign();
    log.append(300).seal();
    expect(await both(put(older), log)).toEqual([["rollback"], ["rollback"]]);
    // With a manifest that is of that tree: what is behind its end does not belong there.
    const report = await verified(log, {}, async (folder) => {
      await put(older)(folder);
      await remakeManifest(folder, { size: 301 });
    });
    expect(report.isComplete).toBe(false);
    expect(report.findingCount).toBeGreaterThan(0);
  });

  test("newer, and of a history that split", async () => {
    const log = aLog();
    const newer = await aLog().append(1).sign();
    expect(found(await verified(log, {}, put(newer)))).toEqual(["export_altered"]);
    const fork = await new MemoryLog({ stepMs: 500_000 }).append(aLog().size).sign();
    expect((await verified(log, {}, put(fork))).findings[0]).toMatchObject({ code: "tile_damaged" });
  });
});

test("options", async () => {
  await expect(verifyExport("x", { keys: [] })).rejects.toMatchObject({ code: "invalid_argument" });
  const range = { from: new Date(5), to: new Date(5) };
  await expect(verifyExport("x", { keys: KEYS, ...range })).rejects.toMatchObject({ code: "invalid_argument" });
  const signal = AbortSignal.abort(new Error("enough"));
  await withFolder(async (folder) => {
    await expect(verifyExport(folder, { keys: KEYS, signal })).rejects.toThrow("enough");
  });
});
