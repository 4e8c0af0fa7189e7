import { copyFileSync, existsSync } from "node:fs";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { restoreSqlite } from "../../src/copies/restore.js";
import { readFileHeader } from "../../src/file/header.js";
import { distUrl, runChild } from "../support/child.js";
import { failureOf } from "../support/failure.js";
import { makeEvents } from "../support/raw-rows.js";
import { digestOf, tempFolder } from "../support/temp-folder.js";

/** Opens the store, appends 20 events, and ends as the second argument says. */
const APPEND = `
import { openSqliteStorage } from ${JSON.stringify(distUrl("index.js"))};
const [path, end] = process.argv.slice(1);
const storage = await openSqliteStorage({ path });
const event = (n) => ({ ts: new Date(), agentId: "a", action: "message", decision: "allow", payload: { n } });
await storage.audit.append(Array.from({ length: 20 }, (_, n) => event(n)));
if (end === "kill") process.kill(process.pid, "SIGKILL");
if (end === "exit") process.exit(3);
if (end === "throw") throw new Error("as programs do");
`;

const count = async (path: string, readOnly: boolean): Promise<number> => {
  await using storage = await openSqliteStorage({ path, readOnly });
  return await storage.audit.count();
};

describe("a copy of a store in use", () => {
  it("without the -wal is refused, for reading and for writing, and stays as it was", async () => {
    const folder = tempFolder();
    await using storage = await openSqliteStorage({ path: `${folder}/a.db` });
    await storage.audit.append(makeEvents(20));
    copyFileSync(`${folder}/a.db`, `${folder}/b.db`);
    const before = digestOf(`${folder}/b.db`);
    for (const readOnly of [true, false]) {
      const { code, message } = await failureOf(() => count(`${folder}/b.db`, readOnly));
      expect(code).toBe("corrupt");
      for (const part of ["b.db-wal", "aasm backup", "--without-wal"]) expect(message).toContain(part);
    }
    expect(digestOf(`${folder}/b.db`)).toBe(before);
    expect(existsSync(`${folder}/b.db-wal`)).toBe(false);
  });

  it("with the -wal has all events", async () => {
    const folder = tempFolder();
    await using storage = await openSqliteStorage({ path: `${folder}/a.db` });
    await storage.audit.append(makeEvents(20));
    for (const suffix of ["", "-wal"]) copyFileSync(`${folder}/a.db${suffix}`, `${folder}/b.db${suffix}`);
    for (const readOnly of [true, false]) expect(await count(`${folder}/b.db`, readOnly)).toBe(20);
  });

  it("without the -wal can be restored for what it has", async () => {
    const folder = tempFolder();
    await using storage = await openSqliteStorage({ path: `${folder}/a.db` });
    await storage.audit.append(makeEvents(20));
    copyFileSync(`${folder}/a.db`, `${folder}/b.db`);
    const restore = (withoutWal: boolean) =>
      restoreSqlite({ path: `${folder}/c.db` }, `${folder}/b.db`, { withoutWal });
    expect((await failureOf(() => restore(false))).message).toContain("b.db-wal");
    expect((await restore(true)).rows.audit_events).toBeLessThanOrEqual(20);
    expect(await count(`${folder}/c.db`, false)).toBeLessThanOrEqual(20);
  });
});

describe("a process that ends without closing its store", () => {
  it.each([
    ["returns", 0],
    ["exit", 3],
    ["throw", 1],
  ])("%s: leaves a file that is complete by itself", async (end, exitCode) => {
    const path = `${tempFolder()}/a.db`;
    expect((await runChild(APPEND, [path, end])).exitCode).toBe(exitCode);
    expect(existsSync(`${path}-wal`)).toBe(false);
    expect(readFileHeader(path)).toMatchObject({ isWal: false, leftOpen: "no" });
    copyFileSync(path, `${path}.copy`);
    expect(await count(`${path}.copy`, true)).toBe(20);
  });

  it("killed, its -wal has the events; the next one to close the store leaves it complete", async () => {
    const path = `${tempFolder()}/a.db`;
    expect((await runChild(APPEND, [path, "kill"])).exitCode).toBe(null);
    expect(readFileHeader(path).leftOpen).toBe("here");
    copyFileSync(path, `${path}.copy`);
    expect((await failureOf(() => count(`${path}.copy`, true))).code).toBe("corrupt");
    for (const readOnly of [true, false, true]) expect(await count(path, readOnly)).toBe(20);
    expect(readFileHeader(path).leftOpen).toBe("no");
    copyFileSync(path, `${path}.later`);
    expect(await count(`${path}.later`, true)).toBe(20);
  });

  it("killed, and then opened by another program, loses nothing; health tells of it once", async () => {
    const path = `${tempFolder()}/a.db`;
    await runChild(APPEND, [path, "kill"]);
    new Database(path).exec("VACUUM").close();
    expect(existsSync(`${path}-wal`)).toBe(false);
    for (const notes of [[expect.stringContaining("a.db-wal is gone although no process closed the store")], []]) {
      await using storage = await openSqliteStorage({ path });
      expect(await storage.audit.count()).toBe(20);
      expect((await storage.health()).notes ?? []).toEqual(notes);
    }
  });
});

describe("several that have a store open", () => {
  it("keep the mark until the last one closes it", async () => {
    const path = `${tempFolder()}/a.db`;
    const one = await openSqliteStorage({ path });
    const other = await openSqliteStorage({ path });
    await one.audit.append(makeEvents(1));
    await one.close();
    expect(readFileHeader(path).leftOpen).toBe("here");
    await other.audit.append(makeEvents(1));
    await other.close();
    expect(readFileHeader(path)).toMatchObject({ isWal: false, leftOpen: "no" });
    expect(existsSync(`${path}-wal`)).toBe(false);
  });

  it("leave a complete file when they close it at once", async () => {
    const path = `${tempFolder()}/a.db`;
    const stores = await Promise.all(Array.from({ length: 4 }, () => openSqliteStorage({ path })));
    await Promise.all(stores.map((store) => store.audit.append(makeEvents(5))));
    await Promise.all(stores.map((store) => store.close()));
    expect(readFileHeader(path)).toMatchObject({ isWal: false, leftOpen: "no" });
  });

  it("are not disturbed by health, which reads the header beside SQLite's locks", async () => {
    const path = `${tempFolder()}/a.db`;
    await using storage = await openSqliteStorage({ path });
    await storage.audit.append(makeEvents(1));
    await storage.health();
    expect((await runChild(APPEND, [path, "returns"])).exitCode).toBe(0);
    expect(existsSync(`${path}-wal`)).toBe(true);
    await storage.audit.append(makeEvents(1));
    expect(await storage.audit.count()).toBe(22);
    expect(await count(path, true)).toBe(22);
  });
});
