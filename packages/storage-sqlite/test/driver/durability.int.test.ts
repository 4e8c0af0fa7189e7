import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import Database from "better-sqlite3";
import { expect, it } from "vitest";
import { folderOfFile } from "../support/file-folder.js";
import { builtFixture, startFixture } from "../support/fixture-process.js";

const KILLS = 20;
const BATCH = 40;
const folder = folderOfFile();
const program = await builtFixture("append-until-killed.mjs");

it(`keeps every acknowledged event and no partial batch through ${KILLS} kills`, async () => {
  const path = join(folder, "killed.db");
  const acknowledged: number[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    const child = startFixture(program, [path, String(BATCH), String(kill * 1_000_000)]);
    await child.printed(1 + (kill % 5));
    // Somewhere in what comes next: a batch takes a few milliseconds.
    await sleep(Math.random() * 10);
    child.process.kill("SIGKILL");
    await child.ended;
    expect(child.errors()).toBe("");
    acknowledged.push(...child.lines.map(Number));
  }
  expect(acknowledged.length).toBeGreaterThan(KILLS);

  const raw = new Database(path);
  expect(raw.pragma("integrity_check", { simple: true })).toBe("ok");
  const stored = raw.prepare("SELECT session_id, count(*) FROM audit_events GROUP BY 1").raw().all() as [
    string,
    number,
  ][];
  raw.close();
  const rows = new Map(stored);
  for (const [session, count] of stored) expect(count, session).toBe(BATCH);
  for (const batch of acknowledged) expect(rows.get(`batch-${batch}`), `batch ${batch}`).toBe(BATCH);
  // A batch may have been committed and not yet acknowledged when its process died, one a kill at the most.
  expect(rows.size - acknowledged.length).toBeLessThanOrEqual(KILLS);

  await using storage = await openSqliteStorage({ path });
  expect(await storage.audit.count()).toBe(rows.size * BATCH);
});
