import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import { expect, it } from "vitest";
import { folderOfFile } from "../support/file-folder.js";
import { builtFixture, startFixture } from "../support/fixture-process.js";

const folder = folderOfFile();
const program = await builtFixture("append-many.mjs");
/** What each writer appends at least, ten events a call and four calls at once. */
const LEAST = 4000;
const QUERIES = 20;

it(`two processes append ${LEAST} events each, or more, while a third queries and tails`, async () => {
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

  const writers = ["1", "2"].map((name) => startFixture(program, [path, name, String(LEAST)]));
  await Promise.all(writers.map((writer) => writer.printed(1)));
  // Neither writer ends before these are answered.
  for (let query = 0; query < QUERIES; query++) {
    const page = await storage.audit.query({ agentId: "agent-1" }, { limit: 100 });
    expect(page.items.length).toBeGreaterThan(0);
    expect(page.items.length).toBeLessThanOrEqual(100);
    expect(await storage.audit.count({ decision: "allow" })).toBeGreaterThan(0);
    await sleep(5);
  }
  for (const writer of writers) writer.process.stdin.end();
  expect(await Promise.all(writers.map((writer) => writer.ended))).toEqual([0, 0]);
  expect(writers.map((writer) => writer.errors())).toEqual(["", ""]);
  const [first, second] = writers.map(({ lines }) => Number(lines.at(-1))) as [number, number];
  expect(Math.min(first, second)).toBeGreaterThanOrEqual(LEAST);
  expect(await storage.audit.count()).toBe(first + second);
  expect(await storage.audit.summarize({}, { groupBy: ["agentId"] })).toEqual([
    { key: { agentId: "agent-1" }, count: first },
    { key: { agentId: "agent-2" }, count: second },
  ]);
  await expect.poll(() => seen.size).toBe(first + second);
  done.abort();
  await following;
  expect(seen.size).toBe(first + second);
});
