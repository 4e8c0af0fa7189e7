import { existsSync, readdirSync } from "node:fs";
import { dirname } from "node:path";
import { parseMigration, runMigrations } from "@agent-assembly/migrations";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { migrateSqlite, sqliteMigrationStatus, verifySqliteSchema } from "../../src/migrate.js";
import { SqliteMigrationDriver } from "../../src/schema/migration-driver.js";
import { SQLITE_MIGRATIONS } from "../../src/schema/migrations.js";
import { failureOf } from "../support/failure.js";
import { digestOf, tempFolder } from "../support/temp-folder.js";

const toolVersion = "1.0.0";
const LATEST = SQLITE_MIGRATIONS.length;
const first = parseMigration("0001_a.sql", "CREATE TABLE a (x);");
const failing = parseMigration("0002_b.sql", "CREATE TABLE b (x); INSERT INTO nowhere VALUES (1);");

function driverFor(db: Database.Database): SqliteMigrationDriver {
  return new SqliteMigrationDriver(db, { path: db.name, busyTimeoutMs: 1000 });
}

const tablesOf = (db: Database.Database): unknown[] =>
  db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").pluck().all();

describe("SqliteMigrationDriver", () => {
  it("keeps the steps before a failing one and nothing of that one", async () => {
    const db = new Database(`${tempFolder()}/x.db`);
    const error = await failureOf(() => runMigrations(driverFor(db), [first, failing], { toolVersion }));
    expect(error.code).toBe("migration_failed");
    expect(error.message).toContain("0002_b.sql failed: no such table: nowhere");
    expect(tablesOf(db)).toEqual(["a", "aasm_migrations"]);
    expect(db.inTransaction).toBe(false);
    const fixed = parseMigration("0002_b.sql", "CREATE TABLE b (x);");
    expect(await runMigrations(driverFor(db), [first, fixed], { toolVersion })).toMatchObject({ from: 1, to: 2 });
    db.close();
  });

  it("refuses to claim a foreign database even when asked directly", async () => {
    const db = new Database(`${tempFolder()}/x.db`);
    db.exec("CREATE TABLE notes (x)");
    const error = await failureOf(() => runMigrations(driverFor(db), [first], { toolVersion }));
    expect(error.code).toBe("corrupt");
    expect(tablesOf(db)).toEqual(["notes"]);
    db.close();
  });

  it("refuses a no-transaction step", async () => {
    const db = new Database(":memory:");
    const step = parseMigration("0001_v.sql", "--! no-transaction\nVACUUM;");
    expect((await failureOf(() => runMigrations(driverFor(db), [step], { toolVersion }))).message).toContain("SQLite");
  });

  it("reports a disk without space as full", async () => {
    const db = new Database(`${tempFolder()}/x.db`);
    await runMigrations(driverFor(db), [first], { toolVersion });
    db.pragma("max_page_count = 1");
    const big = parseMigration("0002_big.sql", "CREATE TABLE b (x); INSERT INTO b VALUES (zeroblob(1000000));");
    expect((await failureOf(() => runMigrations(driverFor(db), [first, big], { toolVersion }))).code).toBe("full");
    expect(tablesOf(db)).toEqual(["a", "aasm_migrations"]);
    db.close();
  });
});

describe("migrateSqlite", () => {
  it("plans without creating anything, then applies, then has nothing to do", async () => {
    const path = `${tempFolder()}/new/local.db`;
    expect(await migrateSqlite(path, { dryRun: true })).toEqual({
      from: 0,
      to: LATEST,
      steps: SQLITE_MIGRATIONS.map(({ version, name }) => ({ version, name, durationMs: 0 })),
    });
    expect(existsSync(path)).toBe(false);
    expect(await sqliteMigrationStatus(path)).toMatchObject({ state: "outdated", version: 0, latest: LATEST });
    expect(await migrateSqlite(path)).toMatchObject({
      from: 0,
      to: LATEST,
      steps: SQLITE_MIGRATIONS.map(({ version }) => ({ version })),
    });
    const before = digestOf(path);
    expect(await migrateSqlite(path)).toEqual({ from: LATEST, to: LATEST, steps: [] });
    expect(digestOf(path)).toBe(before);
    expect(await sqliteMigrationStatus(path)).toMatchObject({ state: "current", version: LATEST });
    expect(await verifySqliteSchema(path)).toEqual([]);
    expect(readdirSync(dirname(path))).toEqual(["local.db"]);
  });
});
