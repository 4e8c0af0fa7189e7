import { join } from "node:path";
import { expect, test } from "vitest";
import { type Anchor, checkAnchors, fileAnchor, rfc3161Anchor, TreeReader, witnessAnchor } from "../../src/index.js";
import { withFolder } from "../support/exports.js";
import { KEYS, MemoryLog } from "../support/memory-log.js";
import { deadUrl, withServer } from "../support/servers.js";
import { WITNESS_KEY, Witness } from "../support/witness.js";

function check(
  log: MemoryLog,
  anchors: readonly Anchor[],
  now?: Date,
  receipts?: Parameters<typeof checkAnchors>[2]["receipts"],
) {
  const tree = new TreeReader(log, log.head);
  return checkAnchors(log.head, anchors, { tree, receipts, ...(now === undefined ? {} : { now: () => now }) });
}

test("a log that continues what every anchor has is confirmed", async () => {
  await withFolder(async (folder) => {
    await withServer(new Witness(KEYS).handle, async (url) => {
      const anchors = [fileAnchor(folder), witnessAnchor(url, WITNESS_KEY), rfc3161Anchor(url)];
      const log = new MemoryLog().append(300);
      expect(await check(log, anchors)).toEqual({ findings: [], unchecked: [], confirmed: [] });
      for (const anchor of anchors.slice(0, 2)) await anchor.put(await log.sign(), new TreeReader(log, log.head));
      const now = await check(log, anchors);
      expect(now.confirmed.map(({ size }) => size)).toEqual([300, 300]);
      const later = await check(log.append(700), anchors);
      expect(later).toMatchObject({ findings: [], unchecked: [], confirmed: [{ size: 300 }, { size: 300 }] });
    });
  });
});

test("a log that was set back, and one of another history, are found", async () => {
  await withFolder(async (folder) => {
    const anchor = fileAnchor(folder);
    const log = new MemoryLog().append(900);
    await anchor.put(await log.sign(), new TreeReader(log, log.head));
    const restored = new MemoryLog().append(820);
    expect((await check(restored, [anchor])).findings).toEqual([
      { code: "rollback", leaf: 820, detail: `the file anchor ${folder} has 900 leaves, this log 820 leaves` },
    ]);
    for (const events of [900, 1_000]) {
      const forked = new MemoryLog({ stepMs: 7 }).append(events);
      expect((await check(forked, [anchor])).findings).toEqual([
        { code: "history_forked", detail: `the file anchor ${folder} has another tree of 900 leaves than this log` },
      ]);
    }
  });
});

test("an anchor that cannot be reached is said, with the age of its last receipt, and is no pass", async () => {
  const url = await deadUrl();
  const log = new MemoryLog().append(10);
  const now = new Date("2026-12-01T12:00:00Z");
  const anchors = [witnessAnchor(url, WITNESS_KEY)];
  const receipts = ["2026-12-01T09:00:00Z", "2026-11-01T09:00:00Z"].map((at) => {
    return { anchor: "witness", where: url, at: new Date(at) };
  });
  const { unchecked, findings, confirmed } = await check(log, anchors, now, receipts);
  expect([findings, confirmed]).toEqual([[], []]);
  expect(unchecked).toEqual([
    expect.stringMatching(/^the witness anchor .*cannot be reached.* Its last receipt is 3 hours old\.$/),
  ]);
  expect((await check(log, anchors, now, receipts.slice(1))).unchecked[0]).toContain("is 30 days old.");
  expect((await check(log, anchors, now)).unchecked[0]).toContain("There is no receipt of it.");
  await withFolder(async (folder) => {
    const broken = fileAnchor(join(folder, "x\0"));
    await expect(check(log, [broken])).resolves.toMatchObject({ confirmed: [] });
  });
});
