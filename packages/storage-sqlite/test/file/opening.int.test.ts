import { chmodSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { APPLICATION_ID } from "../../src/file/identity.js";
import { migrateSqlite } from "../../src/migrate.js";
import { SQLITE_MIGRATIONS } from "../../src/schema/migrations.js";
import { distUrl, runChild } from "../support/child.js";
import { failureOf } from "../support/failure.js";
import { builtFixture, startFixture } from "../support/fixture-process.js";
import { openAndKill } from "../support/killed-opener.js";
import { close, createDatabase, open } from "../support/open.js";
import { tempFolder } from "../support/temp-folder.js";

const openWhenTold = await builtFixture("open-when-told.mjs");
const openAndStay = await builtFixture("open-and-stay.mjs");
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);
const INSERT = `INSERT INTO audit_events (ts, recorded_at, event_id, agent_id, action, decision, dry_run)
  VALUES (1, 2, 'e', 'a', 'tool_call', 'allow', 0)`;

describe("opening a new database", () => {
  it("creates the folder for the owner alone, and every file in it too", async () => {
    const folder = `${tempFolder()}/a`;
    const path = `${folder}/b/local.db`;
    const { writer } = await open({ path });
    writer.exec(INSERT);
    expect([folder, `${folder}/b`].map(modeOf)).toEqual(["700", "700"]);
    expect([path, `${path}-wal`, `${path}-shm`].map(modeOf)).toEqual(["600", "600", "600"]);
  });

  it("sets what a durable local database needs", async () => {
    const { writer, reader } = await open({ path: `${tempFolder()}/local.db` });
    const pragma = (name: string): unknown => writer.pragma(name, { simple: true });
    expect(pragma("journal_mode")).toBe("wal");
    expect(pragma("synchronous")).toBe(2);
    expect(pragma("foreign_keys")).toBe(1);
    expect(pragma("auto_vacuum")).toBe(2);
    expect(pragma("application_id")).toBe(APPLICATION_ID);
    expect(pragma("busy_timeout")).toBeLessThanOrEqual(5);
    expect(pragma("wal_autocheckpoint")).toBeGreaterThan(0);
    expect(pragma("journal_size_limit")).toBeGreaterThan(0);
    expect(() => reader.exec(INSERT)).toThrow(/readonly/);
  });

  it("takes an empty file and an empty SQLite database for new", async () => {
    const folder = tempFolder();
    writeFileSync(`${folder}/bytes.db`, "");
    new Database(`${folder}/tables.db`).exec("VACUUM").close();
    for (const path of [`${folder}/bytes.db`, `${folder}/tables.db`]) {
      const { writer } = await open({ path });
      expect(() => writer.exec(INSERT)).not.toThrow();
    }
  });

  it("follows a symbolic link", async () => {
    const folder = tempFolder();
    symlinkSync(`${folder}/real.db`, `${folder}/link.db`);
    await createDatabase(`${folder}/link.db`);
    await createDatabase(`${folder}/real.db`);
    expect(statSync(`${folder}/real.db`).size).toBeGreaterThan(0);
  });

  it("leaves the mode of a folder that exists alone", async () => {
    const folder = `${tempFolder()}/shared`;
    mkdirSync(folder);
    // Whatever the umask is.
    chmodSync(folder, 0o755);
    await createDatabase(`${folder}/local.db`);
    expect(modeOf(folder)).toBe("755");
  });
});

describe("opening an existing database", () => {
  it("finds what was written, and lets two openers see each other's commits", async () => {
    const path = `${tempFolder()}/local.db`;
    const first = await open({ path });
    first.writer.exec(INSERT);
    const second = await open({ path });
    expect(second.reader.prepare("SELECT event_id FROM audit_events").pluck().all()).toEqual(["e"]);
    second.writer.exec("DELETE FROM audit_events");
    expect(first.reader.prepare("SELECT count(*) FROM audit_events").pluck().get()).toBe(0);
  });

  it("recovers what a killed process had committed", async () => {
    const path = `${tempFolder()}/local.db`;
    const script = `
      import { openConnections } from ${JSON.stringify(distUrl("connections.js"))};
      import { parseSqliteOptions } from ${JSON.stringify(distUrl("options.js"))};
      const { writer } = await openConnections(parseSqliteOptions({ path: process.argv[1] }));
      writer.exec(${JSON.stringify(INSERT)});
      process.kill(process.pid, "SIGKILL");`;
    expect((await runChild(script, [path])).exitCode).toBe(null);
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(0);
    const { reader } = await open({ path });
    expect(reader.prepare("SELECT count(*) FROM audit_events").pluck().get()).toBe(1);
  });

  it("works wherever in creating it another process was killed", async () => {
    for (let delayMs = 0; delayMs < 15; delayMs++) {
      const path = `${tempFolder()}/new/local.db`;
      await openAndKill(openAndStay, path, delayMs);
      const { reader, writer } = await open({ path });
      expect(reader.prepare("SELECT count(*) FROM aasm_migrations").pluck().get()).toBe(SQLITE_MIGRATIONS.length);
      expect(writer.pragma("auto_vacuum", { simple: true })).toBe(2);
    }
  });

  it("keeps the write-ahead log bounded", async () => {
    const path = `${tempFolder()}/local.db`;
    const { writer } = await open({ path });
    const insert = writer.prepare(INSERT.replace("1, 2, 'e'", "?, 2, hex(randomblob(100000))"));
    for (let i = 0; i < 200; i++) insert.run(i);
    expect(statSync(path).size).toBeGreaterThan(30_000_000);
    expect(statSync(`${path}-wal`).size).toBeLessThan(20_000_000);
  });
});

describe("opening in several processes at once", () => {
  it("applies each migration once and lets all five in", async () => {
    const openers = Array.from({ length: 5 }, () => startFixture(openWhenTold, []));
    await Promise.all(openers.map((opener) => opener.printed(1)));
    for (let round = 0; round < 3; round++) {
      const path = `${tempFolder()}/new/local.db`;
      for (const opener of openers) opener.process.stdin.write(`${path}\n`);
      await Promise.all(openers.map((opener) => opener.printed(2 + round)));
      expect(openers.map(({ lines }) => lines.at(-1))).toEqual(openers.map(() => '{"ok":true}'));
      const { reader } = await open({ path });
      expect(reader.prepare("SELECT name, state FROM aasm_migrations").all()).toEqual(
        SQLITE_MIGRATIONS.map(({ name }) => ({ name, state: "applied" })),
      );
    }
  });

  it("waits for a process that is migrating, without blocking the event loop", async () => {
    const path = `${tempFolder()}/local.db`;
    await migrateSqlite(path);
    const holder = new Database(path);
    holder.exec("DELETE FROM aasm_migrations; DROP VIEW audit_events_readable");
    for (const { name } of holder
      .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
      .all()) {
      if (name !== "aasm_migrations") holder.exec(`DROP TABLE ${name}`);
    }
    holder.exec("BEGIN IMMEDIATE");
    let fired = 0;
    // What is waited for comes only if timers fire meanwhile.
    const timer = setInterval(() => {
      if (++fired === 20) holder.exec("COMMIT");
    }, 5);
    const connections = await open({ path, busyTimeoutMs: 60_000 });
    clearInterval(timer);
    expect(fired).toBeGreaterThanOrEqual(20);
    expect(connections.reader.prepare("SELECT count(*) FROM agent_registry").pluck().get()).toBe(0);
    holder.close();
    await close(connections);
  });

  it("is busy when the lock does not come free in time", async () => {
    const path = `${tempFolder()}/local.db`;
    const holder = new Database(path);
    holder.pragma("journal_mode = WAL");
    holder.exec("BEGIN IMMEDIATE");
    const error = await failureOf(() => open({ path, busyTimeoutMs: 50 }));
    expect(error.code).toBe("busy");
    expect(error.message).toContain(path);
    holder.close();
  });
});

describe("a database that is not there", () => {
  it.each([
    ["check", "schema_outdated"],
    ["off", "not_found"],
  ] as const)("with migrate %s is %s and is not created", async (migrate, code) => {
    const folder = `${tempFolder()}/none`;
    const path = `${folder}/local.db`;
    const error = await failureOf(() => open({ path, migrate }));
    expect(error.code).toBe(code);
    expect(error.message).toContain(path);
    expect(error.message).toContain("aasm migrate");
    expect(existsSync(folder)).toBe(false);
  });
});
