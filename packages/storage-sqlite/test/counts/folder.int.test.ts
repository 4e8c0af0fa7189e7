import { join } from "node:path";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { schemaAdmin } from "@agent-assembly/storage-core/backend";
import { backendModule, openSqliteStorage } from "@agent-assembly/storage-sqlite";
import Database from "better-sqlite3";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { applySlice, Preempted } from "../../src/counts/apply.js";
import { CountTables } from "../../src/counts/tables.js";
import { EventLoopYielder } from "../../src/driver/event-loop-yielder.js";
import { distUrl, runChild } from "../support/child.js";
import { folderOfFile } from "../support/file-folder.js";
import { builtFixture, startFixture } from "../support/fixture-process.js";
import { HandFolder } from "../support/fold.js";
import { foldingOf, untilFolded } from "../support/folded.js";

const folder = folderOfFile();
const stays = await builtFixture("append-and-stay.mjs");
const limits = { maxAgeMs: Number.POSITIVE_INFINITY };
let files = 0;

const newPath = (): string => join(folder, `${files++}.db`);
const verify = (path: string) => schemaAdmin(backendModule.schema, { path }).verifyCounts();

function events(count: number) {
  return Array.from({ length: count }, (_, n) => ({
    ts: new Date(Date.UTC(2026, 0, 1) + n * 60_000),
    agentId: `agent-${n % 50}`,
    action: "tool_call",
    decision: n % 9 === 0 ? "deny" : "allow",
    payload: { tool: `tool-${n % 7}` },
  }));
}

/** A store of which nothing is counted. */
async function filled(count: number): Promise<string> {
  const path = newPath();
  const storage = await openSqliteStorage({ path, limits });
  const all = events(count);
  for (let from = 0; from < count; from += 1000) await storage.audit.append(all.slice(from, from + 1000));
  await storage.close();
  return path;
}

describe("counting beside appends", () => {
  it("is done by a process that stays, on this thread for a small file and in the other one otherwise", async () => {
    const path = await filled(3000);
    expect(foldingOf(path).folded).toBe(0);
    for (const inlineScanBytes of [1024 ** 3, 0]) {
      new Database(path).exec("UPDATE audit_count_state SET folded_seq = 0; DELETE FROM audit_counts").close();
      const storage = await openSqliteStorage({ path, inlineScanBytes });
      await untilFolded(path);
      await storage.close();
      expect(await verify(path)).toEqual([]);
    }
  });

  it("of two handles that store at once leaves counts that are right", async () => {
    const path = newPath();
    const handles = await Promise.all([1, 2].map(() => openSqliteStorage({ path, limits, inlineScanBytes: 0 })));
    const all = events(6000);
    await Promise.all(
      handles.map(async (handle, n) => {
        for (let from = n * 500; from < all.length; from += 1000)
          await handle.audit.append(all.slice(from, from + 500));
      }),
    );
    await untilFolded(path);
    for (const handle of handles) expect(await handle.audit.count({ decision: "allow" })).toBeGreaterThan(5000);
    await Promise.all(handles.map((handle) => handle.close()));
    expect(await verify(path)).toEqual([]);
  });

  it("is not done by what ends soon, and keeps no process alive", async () => {
    const path = await filled(3000);
    const { exitCode, stderr } = await runChild(
      `import { openSqliteStorage } from ${JSON.stringify(distUrl("index.js"))};
       const storage = await openSqliteStorage({ path: process.argv[1] });
       process.stdout.write(String(await storage.audit.count()));`,
      [path],
    );
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(foldingOf(path).folded).toBe(0);
  });

  it("is finished on closing by a process that stored much", async () => {
    const path = await filled(25_000);
    const { folded, newest } = foldingOf(path);
    expect(newest - folded).toBeLessThanOrEqual(10_000);
    expect(await verify(path)).toEqual([]);
  });

  it("survives that the process is killed at any moment", async () => {
    const path = newPath();
    for (let round = 0; round < 3; round++) {
      const child = startFixture(stays, [path, "20000", String(round)]);
      await child.printed(1);
      const before = foldingOf(path).folded;
      await vi.waitFor(() => expect(foldingOf(path).folded).toBeGreaterThan(before), { timeout: 20_000, interval: 1 });
      await sleep(round * 40);
      child.process.kill("SIGKILL");
      await child.ended;
      const storage = await openSqliteStorage({ path });
      expect(await storage.audit.count()).toBe((round + 1) * 20_000);
      await storage.close();
      expect(await verify(path)).toEqual([]);
    }
  });
});

describe("adding a slice", () => {
  it("gives the event loop its turns, and is undone when an append comes", async () => {
    const path = await filled(3000);
    using hand = new HandFolder(path);
    const slice = hand.slice(3000);
    let now = 0;
    const spy = vi.spyOn(performance, "now").mockImplementation(() => {
      now += 5;
      return now;
    });
    onTestFinished(() => spy.mockRestore());
    let turns = 0;
    hand.db.exec("BEGIN IMMEDIATE");
    const adding = applySlice(new CountTables(hand.db), slice, new EventLoopYielder(), () => ++turns > 3);
    await nextTurn();
    expect(turns).toBeGreaterThan(0);
    await expect(adding).rejects.toThrow(Preempted);
    hand.db.exec("ROLLBACK");
    expect(hand.tables.state()?.foldedSeq).toBe(0);
    expect(await hand.apply(slice)).toBe(true);
    expect(await hand.apply(slice)).toBe(false);
    expect(await hand.verify()).toEqual([]);
  });
});
