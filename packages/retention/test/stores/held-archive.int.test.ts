import type { Partition, StorageBackend } from "@agent-assembly/storage-core";
import { describe, expect, it } from "vitest";
import {
  type Archive,
  applyRetention,
  openArchive,
  planRetention,
  type RetentionPolicy,
  type RunProgress,
} from "../../src/index.js";
import { tempFolder } from "../archive/support/temp-folder.js";
import { add, all, DAY_MS, NOW } from "../support/store.js";
import { on, placeFor, STORES } from "./support/stores.js";

const now = new Date(NOW);

interface Stage {
  readonly storage: StorageBackend;
  readonly policy: RetentionPolicy;
  readonly archive: Archive;
}

/** A store whose run ended when the archive of its first day was verified and none of that day's 60 rows was dropped. */
async function interrupted(storage: StorageBackend): Promise<Stage> {
  await add(storage, [
    { day: 40, count: 40 },
    { day: 40, count: 20, agentId: "b" },
    { day: 30, count: 30, agentId: "b" },
  ]);
  const archiveUrl = `file://${tempFolder()}/archive`;
  const policy = { archiveUrl, audit: { hotDays: 10, warmDays: 20, coldAction: "archive" as const } };
  const stopping = new AbortController();
  const onProgress = (progress: RunProgress): void => {
    if (progress.kind === "archive" && progress.step === "verified") stopping.abort();
  };
  const report = await applyRetention(storage, policy, { now, signal: stopping.signal, onProgress });
  expect(report).toMatchObject({ outcome: "interrupted", rows: 0 });
  expect(await storage.retentionSupport.archives()).toMatchObject([{ state: "verified", rows: 60 }]);
  return { storage, policy, archive: await openArchive(archiveUrl) };
}

async function run({ storage, policy }: Stage) {
  const how: string[] = [];
  const onProgress = (progress: RunProgress): void => {
    if (progress.kind === "recovered") how.push(progress.how);
  };
  const report = await applyRetention(storage, policy, { now, onProgress });
  expect(report, report.detail).toMatchObject({ outcome: "succeeded", failures: [] });
  return { rows: report.rows, archivedRows: report.archivedRows, kept: report.plan.kept, how };
}

/** Rows of the archive, and events in it: the same number while none was archived twice. */
async function inArchive({ archive }: Stage): Promise<[rows: number, events: number]> {
  let rows = 0;
  for await (const manifest of archive.manifests()) rows += manifest.rows;
  return [rows, (await all(archive.events())).length];
}

describe.each(STORES)("a hold that is placed between archiving and dropping, on %s", (name) => {
  const onStage = (title: string, test: (stage: Stage) => Promise<void>): void => {
    it(...on(name, title, { timeout: 300_000 }), async () => {
      await using place = await placeFor(name);
      const storage = await place.open();
      try {
        const stage = await interrupted(storage);
        await test(stage);
        await stage.archive.close();
      } finally {
        await storage.close();
      }
    });
  };

  onStage("keeps its rows until it is released; all others go, once", async (stage) => {
    const { storage, policy } = stage;
    const hold = await storage.holds.place({ agentId: "b", reason: "case 7", actor: "ann" });
    // The held rows of the first day stay; those of the day that was not archived are held as well.
    expect(await run(stage)).toMatchObject({ rows: 40, archivedRows: 40, how: ["held"] });
    expect(await storage.audit.count({ agentId: "a" })).toBe(0);
    expect(await storage.audit.count({ agentId: "b" })).toBe(50);
    // What waits for the release is no work for a run, and no obstacle for later rows of the same day.
    await add(storage, [{ day: 40, count: 5, agentId: "late" }]);
    const plan = await planRetention(storage, policy, { now });
    expect(plan).toMatchObject({ unfinished: [], items: [{ action: "archive", rows: 5 }] });
    expect(plan.kept.map(({ rows, reason, holdIds }) => ({ rows, reason, holdIds }))).toEqual([
      { rows: 20, reason: "legal hold: case 7", holdIds: [hold.holdId] },
      { rows: 30, reason: "legal hold: case 7", holdIds: [hold.holdId] },
    ]);
    expect(await run(stage)).toMatchObject({ rows: 5, archivedRows: 5, how: [] });
    expect(await run(stage)).toMatchObject({ rows: 0, how: [] });
    expect(await inArchive(stage)).toEqual([65, 65]);
    expect(await storage.audit.count({ agentId: "b" })).toBe(50);
    await storage.holds.release(hold.holdId, { actor: "ann", reason: "closed" });
    // The files are there already: the run drops the rows of the first day and archives those of the other.
    expect(await run(stage)).toMatchObject({ rows: 50, archivedRows: 50, how: ["resumed"] });
    expect(await inArchive(stage)).toEqual([95, 95]);
    expect(await storage.audit.count()).toBe(0);
    expect(new Set((await storage.retentionSupport.archives()).map(({ state }) => state))).toEqual(
      new Set(["dropped"]),
    );
  });

  onStage("when some rows were dropped already, and a second hold meets the first", async (stage) => {
    const { storage } = stage;
    const [record] = await storage.retentionSupport.archives();
    const [day] = await storage.partitions.list("audit");
    const begin = Math.floor(NOW / DAY_MS) * DAY_MS - 40 * DAY_MS;
    const part = { selection: { only: [{ agentId: "a", to: new Date(begin + 15_000) }] } };
    await storage.partitions.drop(day as Partition, { ...part, asOf: record?.asOf, expect: { rows: 15 } });
    const first = await storage.holds.place({ agentId: "b", reason: "case 7", actor: "ann" });
    const second = await storage.holds.place({ reason: "case 8", actor: "ann", to: new Date(NOW) });
    expect(await run(stage)).toMatchObject({ rows: 0, how: [] });
    await storage.holds.release(second.holdId, { actor: "ann", reason: "closed" });
    expect(await run(stage)).toMatchObject({ rows: 25, how: ["held"] });
    expect(await storage.audit.count({ agentId: "b" })).toBe(50);
    await storage.holds.release(first.holdId, { actor: "ann", reason: "closed" });
    expect(await run(stage)).toMatchObject({ rows: 50, how: ["resumed"] });
    expect(await inArchive(stage)).toEqual([90, 90]);
    expect(await storage.audit.count()).toBe(0);
  });
});
