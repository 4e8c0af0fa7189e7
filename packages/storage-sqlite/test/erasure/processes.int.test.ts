import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ErasureResult } from "@agent-assembly/storage-core";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import { expect, it } from "vitest";
import { filesWith } from "../support/bytes-of-store.js";
import { builtFixture, startFixture } from "../support/fixture-process.js";
import { tempFolder } from "../support/temp-folder.js";

const eraser = await builtFixture("erase-subject.mjs");
const appender = await builtFixture("append-and-read.mjs");

/** Some transactions of an erasure. */
const EVENTS = 4000;
const VALUES = ["secret-session", "secret-value"];

it("a process that erases is killed beside one that appends, and the same request again finishes it", async () => {
  const folder = tempFolder();
  const path = join(folder, "store.db");
  await using storage = await openSqliteStorage({ path });
  for (let from = 0; from < EVENTS; from += 1000) {
    await storage.audit.append(
      Array.from({ length: 1000 }, (_, n) => ({
        ts: new Date(Date.now() - from - n),
        agentId: "subject",
        sessionId: `secret-session ${n % 50}`,
        action: "tool_call",
        decision: "allow",
        payload: { tool: "mail", arguments: `secret-value ${from + n}` },
      })),
    );
  }
  const other = startFixture(appender, [path]);
  await other.printed(1);

  const killed = startFixture(eraser, [path]);
  while (!killed.lines.some((line) => line.startsWith("erase "))) await killed.printed(killed.lines.length + 1);
  killed.process.kill("SIGKILL");
  await killed.ended;
  expect(killed.lines.some((line) => line.startsWith("scrub"))).toBe(false);
  const [begun] = await storage.erasures();
  const left = await storage.audit.count({ agentId: "subject" });
  expect(begun).toMatchObject({ state: "begun", events: EVENTS - left });
  expect(left).toBeLessThan(EVENTS);

  const finisher = startFixture(eraser, [path]);
  while (!finisher.lines.at(-1)?.startsWith("{")) await finisher.printed(finisher.lines.length + 1);
  const result = JSON.parse(finisher.lines.at(-1) ?? "") as ErasureResult;
  expect(result).toMatchObject({ erasureId: begun?.erasureId, state: "done", events: EVENTS, newEvents: left });
  expect(result.remains).toEqual([]);
  expect(filesWith(folder, VALUES)).toEqual([]);
  await sleep(50);
  other.process.stdin.end();
  finisher.process.stdin.end();
  expect([await other.ended, await finisher.ended]).toEqual([0, 0]);
  expect(other.errors()).toBe("");

  expect(await storage.audit.count({ agentId: "other" })).toBe(Number(other.lines.at(-1)));
  expect(await storage.audit.count({ agentId: "erased" })).toBe(EVENTS);
  const groups = await storage.audit.summarize({ action: "tool_call" }, { groupBy: ["agentId", "tool"] });
  expect(groups).toEqual([{ key: { agentId: "erased", tool: null }, count: EVENTS }]);
});
