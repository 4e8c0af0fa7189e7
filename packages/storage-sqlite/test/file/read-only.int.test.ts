import { readdirSync } from "node:fs";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import { describe, expect, it } from "vitest";
import { failureOf } from "../support/failure.js";
import { builtFixture, startFixture } from "../support/fixture-process.js";
import { createDatabase } from "../support/open.js";
import { makeEvents } from "../support/raw-rows.js";
import { digestOf, tempFolder } from "../support/temp-folder.js";

const openAppendClose = await builtFixture("open-append-close.mjs");
const WRITERS = 3;
const TIMES = 8;

describe("a store that is opened for reading only", () => {
  it("answers, refuses to write, and leaves one file as it was", async () => {
    const folder = tempFolder();
    const path = `${folder}/a.db`;
    {
      await using storage = await openSqliteStorage({ path });
      await storage.audit.append(makeEvents(3));
    }
    const before = digestOf(path);
    await using storage = await openSqliteStorage({ path, readOnly: true });
    expect(await storage.audit.count()).toBe(3);
    const writes: (() => Promise<unknown>)[] = [
      () => storage.audit.append(makeEvents(1)),
      () => storage.agents.register({ agentId: "a" }),
      () => storage.policies.save({ name: "p", source: "rules: []", format: "yaml" }, { actor: "me" }),
      () => storage.holds.place({ agentId: "a", reason: "r", actor: "me" }),
      () => storage.retentionSupport.lease("x", 1000),
    ];
    for (const write of writes) {
      const { code, message } = await failureOf(write);
      expect([code, message]).toEqual(["permission_denied", expect.stringContaining("options.readOnly")]);
    }
    expect([digestOf(path), readdirSync(folder)]).toEqual([before, ["a.db"]]);
  });

  it("is not_found where there is no file, and creates none", async () => {
    const folder = tempFolder();
    const error = await failureOf(() => openSqliteStorage({ path: `${folder}/a.db`, readOnly: true }));
    expect([error.code, readdirSync(folder)]).toEqual(["not_found", []]);
  });

  it("is followed without a gap while processes open and close it for writing", async () => {
    const path = `${tempFolder()}/a.db`;
    await createDatabase(path);
    await using storage = await openSqliteStorage({ path, readOnly: true, tailPollMs: 5 });
    const seen: unknown[] = [];
    const tail = storage.audit.tail({})[Symbol.asyncIterator]();
    const first = tail.next();
    const writers = Array.from({ length: WRITERS }, () => startFixture(openAppendClose, [path, String(TIMES)]));
    for (let item = await first; ; item = await tail.next()) {
      seen.push(item.value?.event.eventId);
      if (seen.length === WRITERS * TIMES) break;
    }
    await tail.return?.(undefined);
    expect(await Promise.all(writers.map(({ ended }) => ended))).toEqual(writers.map(() => 0));
    expect(new Set(seen).size).toBe(WRITERS * TIMES);
    expect(await storage.audit.count()).toBe(WRITERS * TIMES);
  });
});
