import { join } from "node:path";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import { expect, it } from "vitest";
import { folderOfFile } from "./support/file-folder.js";
import { startFixture } from "./support/fixture-process.js";

const folder = folderOfFile();

it("two processes append 20,000 events each while a third queries and tails", { timeout: 120_000 }, async () => {
  const path = join(folder, "shared.db");
  await using storage = await openSqliteStorage({ path });
  const done = new AbortController();
  const seen = new Set<string>();
  const tail = storage.audit.tail({}, { signal: done.signal });
  const following = (async () => {
    for await (const { event } of tail) {
      expect(seen.has(event.eventId)).toBe(false);
      seen.add(event.eventId);
    }
  })();

  const writers = ["1", "2"].map((name) => startFixture("append-many.mjs", [path, name, "20000"]));
  const ended = Promise.all(writers.map((writer) => writer.ended));
  let running = true;
  void ended.finally(() => {
    running = false;
  });
  let queries = 0;
  while (running) {
    const page = await storage.audit.query({ agentId: "agent-1" }, { limit: 100 });
    expect(page.items.length).toBeLessThanOrEqual(100);
    await storage.audit.count({ decision: "allow" });
    queries++;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(writers.map((writer) => writer.errors())).toEqual(["", ""]);
  expect(await ended).toEqual([0, 0]);
  expect(writers.map((writer) => writer.output().trim())).toEqual(["20000", "20000"]);
  expect(queries).toBeGreaterThan(5);
  expect(await storage.audit.count()).toBe(40_000);
  expect(await storage.audit.summarize({}, { by: ["agent"] })).toEqual([
    { key: { agent: "agent-1" }, count: 20_000 },
    { key: { agent: "agent-2" }, count: 20_000 },
  ]);
  for (let waited = 0; seen.size < 40_000 && waited < 5000; waited += 20) await new Promise((r) => setTimeout(r, 20));
  done.abort();
  await following;
  expect(seen.size).toBe(40_000);
});
