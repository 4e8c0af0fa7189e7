import { copyFileSync, existsSync, readdirSync, truncateSync, writeFileSync } from "node:fs";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { backupSqlite } from "../../src/copies/backup.js";
import { restoreSqlite } from "../../src/copies/restore.js";
import { failureOf } from "../support/failure.js";
import { builtFixture, startFixture } from "../support/fixture-process.js";
import { createDatabase } from "../support/open.js";
import { makeEvents, rawRows } from "../support/raw-rows.js";
import { digestOf, tempFolder } from "../support/temp-folder.js";

const appendMany = await builtFixture("append-many.mjs");

async function storeOf(path: string, count: number): Promise<void> {
  await using storage = await openSqliteStorage({ path, governanceEvents: false });
  await storage.audit.append(makeEvents(count));
  await storage.agents.register({ agentId: "agent-1" });
  await storage.policies.save({ name: "p", source: "rules: []", format: "yaml" }, { actor: "me" });
  await storage.holds.place({ agentId: "agent-1", reason: "case 1", actor: "me" });
}

function otherProgram(path: string): void {
  const db = new Database(path);
  db.exec("CREATE TABLE t (x)");
  db.close();
}

describe("a backup", () => {
  it("taken while two processes append is the store as it was at one position", async () => {
    const folder = tempFolder();
    const path = `${folder}/a.db`;
    await storeOf(path, 5000);
    const writers = ["1", "2"].map((writer) => startFixture(appendMany, [path, writer, "2000"]));
    await Promise.all(writers.map((writer) => writer.printed(1)));
    const reports = [await backupSqlite({ path }, `${folder}/b.db`), await backupSqlite({ path }, `${folder}/c.db`)];
    for (const writer of writers) writer.process.stdin.end();
    await Promise.all(writers.map((writer) => writer.ended));

    for (const { file, rows } of reports) {
      const copy = rawRows(file);
      expect(copy.integrity).toBe("ok");
      expect(copy.journalMode).toBe("delete");
      const newest = copy.events.at(-1)?.[0] as number;
      expect(copy.events.length).toBe(rows.audit_events);
      expect(copy.events).toEqual(rawRows(path).events.filter(([seq]) => (seq as number) <= newest));
      for (const table of ["agent_registry", "policy_versions", "legal_holds"] as const) {
        expect(copy.table(table)).toEqual(rawRows(path).table(table));
      }
    }
    expect(reports[0]?.rows.audit_events).toBeGreaterThanOrEqual(5000);
    expect(readdirSync(folder).sort()).toEqual(["a.db", "b.db", "c.db"]);
  });

  it("begins again when a writer opens a store that none had open, and has what was there before or after", async () => {
    const folder = tempFolder();
    const path = `${folder}/a.db`;
    await storeOf(path, 5000);
    let opening: Promise<void> | undefined;
    const write = async (): Promise<void> => {
      await using storage = await openSqliteStorage({ path });
      for (let i = 0; i < 20; i++) await storage.audit.append(makeEvents(100));
    };
    const { rows } = await backupSqlite({ path }, `${folder}/b.db`, {
      onProgress: () => {
        opening ??= write();
      },
    });
    expect(opening).toBeDefined();
    await opening;
    const copy = rawRows(`${folder}/b.db`);
    expect([copy.integrity, copy.events.length]).toEqual(["ok", rows.audit_events]);
    expect(copy.events).toEqual(rawRows(path).events.slice(0, rows.audit_events));
  });

  it("overwrites nothing, and leaves nothing behind when it is interrupted", async () => {
    const folder = tempFolder();
    const path = `${folder}/a.db`;
    await storeOf(path, 5000);
    writeFileSync(`${folder}/b.db`, "mine");
    expect((await failureOf(() => backupSqlite({ path }, `${folder}/b.db`))).code).toBe("conflict");
    const controller = new AbortController();
    const reason = new Error("stop");
    const interrupted = backupSqlite({ path }, `${folder}/c.db`, {
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    });
    await expect(interrupted).rejects.toBe(reason);
    expect(readdirSync(folder).sort()).toEqual(["a.db", "b.db"]);
  });

  it("changes no byte of a copy that it is made from", async () => {
    const folder = tempFolder();
    const path = `${folder}/a.db`;
    const storage = await openSqliteStorage({ path });
    await storage.audit.append(makeEvents(20));
    for (const suffix of ["", "-wal"]) copyFileSync(path + suffix, `${folder}/copy.db${suffix}`);
    await storage.close();
    const before = ["", "-wal"].map((suffix) => digestOf(`${folder}/copy.db${suffix}`));
    expect((await backupSqlite({ path: `${folder}/copy.db` }, `${folder}/b.db`)).rows.audit_events).toBe(20);
    expect(["", "-wal"].map((suffix) => digestOf(`${folder}/copy.db${suffix}`))).toEqual(before);
    expect(existsSync(`${folder}/copy.db-shm`)).toBe(false);
  });
});

describe("a restored store", () => {
  it("has all rows, refuses the positions of the original, and takes new events that are followed", async () => {
    const folder = tempFolder();
    const path = `${folder}/a.db`;
    await storeOf(path, 10);
    await using original = await openSqliteStorage({ path });
    const tail = original.audit.tail({})[Symbol.asyncIterator]();
    const first = tail.next();
    await original.audit.append(makeEvents(1));
    const { value } = await first;
    await tail.return?.(undefined);
    await backupSqlite({ path }, `${folder}/b.db`);
    const report = await restoreSqlite({ path: `${folder}/new/c.db` }, `${folder}/b.db`);
    expect(report.rows.audit_events).toBe(11);

    await using restored = await openSqliteStorage({ path: `${folder}/new/c.db` });
    const refused = await failureOf(() =>
      restored.audit.tail({}, { after: value?.position })[Symbol.asyncIterator]().next(),
    );
    expect(refused.code).toBe("invalid_argument");
    expect(refused.message).toContain("was made by another store, or before this one was restored from a backup");
    expect(refused.message).toContain("from: <time>");
    const next = restored.audit.tail({})[Symbol.asyncIterator]();
    const item = next.next();
    const [event] = makeEvents(1);
    await restored.audit.append([event as never]);
    expect((await item).value?.event.payload).toEqual(event?.payload);
    await next.return?.(undefined);
  });

  it("finishes an archive that the original had verified: its slice is still known", async () => {
    const folder = tempFolder();
    const path = `${folder}/a.db`;
    await storeOf(path, 10);
    await using original = await openSqliteStorage({ path });
    const [day] = await original.partitions.list("audit");
    const measured = await original.partitions.measure(day as never);
    await backupSqlite({ path }, `${folder}/b.db`);
    await original.audit.append(makeEvents(3));
    const later = await original.partitions.measure(day as never);

    await using copy = await openSqliteStorage({ path: `${folder}/b.db` });
    await copy.audit.append(makeEvents(5));
    expect((await copy.partitions.measure(day as never, { asOf: measured.asOf })).rows).toBe(10);
    expect((await failureOf(() => copy.partitions.measure(day as never, { asOf: later.asOf }))).code).toBe(
      "invalid_argument",
    );
  });

  it.each([
    ["a store is there", "c.db", "there is a store already"],
    ["the -wal of another store is there", "c.db-wal", "c.db-wal, of another store, is there"],
  ])("is refused where %s", async (_, present, says) => {
    const folder = tempFolder();
    await createDatabase(`${folder}/b.db`);
    writeFileSync(`${folder}/${present}`, "x");
    const error = await failureOf(() => restoreSqlite({ path: `${folder}/c.db` }, `${folder}/b.db`));
    expect([error.code, error.message]).toEqual(["conflict", expect.stringContaining(says)]);
    expect(readdirSync(folder).sort()).toEqual(["b.db", present]);
  });

  it.each([
    ["is not there", "not_found", () => undefined],
    ["is empty", "not_found", (file: string) => writeFileSync(file, "")],
    ["is a text", "corrupt", (file: string) => writeFileSync(file, "hello ".repeat(1000))],
    ["is of another program", "corrupt", otherProgram],
    [
      "is cut off",
      "corrupt",
      async (file: string) => {
        await storeOf(file, 2000);
        truncateSync(file, 400_000);
      },
    ],
    [
      "is damaged inside",
      "corrupt",
      async (file: string) => {
        await storeOf(file, 2000);
        const bytes = new Database(file);
        bytes.unsafeMode();
        bytes.pragma("writable_schema = ON");
        bytes.exec("UPDATE sqlite_schema SET rootpage = 5 WHERE name = 'audit_events_agent'");
        bytes.close();
      },
    ],
    [
      "is of newer software",
      "schema_newer",
      async (file: string) => {
        await createDatabase(file);
        const db = new Database(file);
        db.exec(
          "INSERT INTO aasm_migrations SELECT max(version) + 1, '9999_future.sql', 'x', 0, 0, '7.0.0', 'applied' FROM aasm_migrations",
        );
        db.close();
      },
    ],
  ] as const)("is not made of a file that %s", async (_, code, prepare) => {
    const folder = tempFolder();
    await prepare(`${folder}/b.db`);
    const error = await failureOf(() => restoreSqlite({ path: `${folder}/c.db` }, `${folder}/b.db`));
    expect(error.code, error.message).toBe(code);
    expect(readdirSync(folder).filter((name) => name !== "b.db")).toEqual([]);
  });
});
