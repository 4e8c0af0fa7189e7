import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fileAnchor, generateSignerKey, parseSignerKey, signCheckpoint, TreeReader } from "../../src/index.js";
import { filesIn, withFolder } from "../support/exports.js";
import { MemoryLog, ORIGIN } from "../support/memory-log.js";

const NOW = new Date("2026-12-01T00:00:00.000Z");

test("keeps every checkpoint, and knows the newest", async () => {
  await withFolder(async (parent) => {
    const anchor = fileAnchor(join(parent, "anchor"), { now: () => NOW });
    expect(await anchor.newest(ORIGIN)).toBeUndefined();
    const log = new MemoryLog();
    const heads: (MemoryLog["head"] & { readonly note: string })[] = [];
    for (const events of [9, 990, 1, 8_000]) {
      const checkpoint = await log.append(events).sign();
      heads.push({ ...log.head, note: checkpoint });
      const receipt = await anchor.put(checkpoint, new TreeReader(log, log.head));
      expect(receipt).toEqual({ anchor: "file", at: NOW, checkpoint, where: join(parent, "anchor") });
      // The same once more is no error.
      await anchor.put(checkpoint, new TreeReader(log, log.head));
    }
    const head = heads.at(-1) as (typeof heads)[number];
    expect(await anchor.newest(ORIGIN)).toEqual({
      ...head,
      root: Buffer.from(head.root),
      source: `the file anchor ${anchor.where}`,
    });
    expect(await anchor.newest("example.com/other")).toBeUndefined();
    const files = await filesIn(join(parent, "anchor"));
    expect(files.map((path) => path.slice(65))).toEqual([
      "000/000/000/000/000/009.checkpoint",
      "000/000/000/000/000/999.checkpoint",
      "000/000/000/000/001/000.checkpoint",
      "000/000/000/000/009/000.checkpoint",
    ]);
  });
});

test("refuses a second history, and replaces nothing", async () => {
  await withFolder(async (folder) => {
    const anchor = fileAnchor(folder);
    const log = new MemoryLog().append(10);
    await anchor.put(await log.sign(), log as never);
    const other = await new MemoryLog({ stepMs: 1 }).append(10).sign();
    await expect(anchor.put(other, log as never)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("the history of the log split"),
    });
    expect((await anchor.newest(ORIGIN))?.root).toEqual(Buffer.from(log.head.root));
  });
});

test("logs of other names do not meet, and folders of writers that died are passed over", async () => {
  await withFolder(async (folder) => {
    const anchor = fileAnchor(folder);
    const log = new MemoryLog().append(10);
    await anchor.put(await log.sign(), log as never);
    const { signerKey } = generateSignerKey("example.com/x/../y");
    const head = { ...log.head, origin: "example.com/x/../y", size: 77 };
    await anchor.put(await signCheckpoint(head, [parseSignerKey(signerKey)]), log as never);
    expect(await anchor.newest(head.origin)).toMatchObject({ size: 77 });
    const [path = ""] = await filesIn(folder);
    await mkdir(join(folder, path.slice(0, 64), "000/000/000/999/000"), { recursive: true });
    await writeFile(join(folder, path.slice(0, 64), "000/000/000/000/000/.left"), "x");
    expect(await anchor.newest(path.includes("077") ? head.origin : ORIGIN)).toMatchObject({
      size: path.includes("077") ? 77 : 10,
    });
  });
});

test("what is no checkpoint is said", async () => {
  await withFolder(async (folder) => {
    const anchor = fileAnchor(folder);
    const log = new MemoryLog().append(10);
    await anchor.put(await log.sign(), log as never);
    const [path = ""] = await filesIn(folder);
    await writeFile(join(folder, path), "nothing");
    await expect(anchor.newest(ORIGIN)).rejects.toMatchObject({ code: "corrupt" });
    await expect(anchor.put("nothing", log as never)).rejects.toMatchObject({ problem: "note_malformed" });
    await writeFile(join(folder, "file"), "");
    await expect(fileAnchor(join(folder, "file")).newest(ORIGIN)).rejects.toMatchObject({ code: "invalid_argument" });
  });
});
