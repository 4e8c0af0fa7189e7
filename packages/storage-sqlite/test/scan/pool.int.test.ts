import { existsSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isStorageError } from "@agent-assembly/storage-core";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { isBusy } from "../../src/driver/errors.js";
import { EventLoopYielder } from "../../src/driver/event-loop-yielder.js";
import { StatementCache } from "../../src/driver/statement-cache.js";
import type { ScanPool } from "../../src/scan/pool.js";
import { BUCKET_FUNCTION } from "../../src/sql/function-names.js";
import { filesWith } from "../support/bytes-of-store.js";
import { distUrl } from "../support/child.js";
import { TurnWatch } from "../support/turn-watch.js";

/** The thread runs the built worker, which stands beside the built pool. */
async function builtPool(): Promise<typeof ScanPool> {
  return ((await import(distUrl("scan/pool.js"))) as typeof import("../../src/scan/pool.js")).ScanPool;
}

describe("a scan in a thread", () => {
  let folder: string;
  let connection: Database.Database;
  let pool: ScanPool;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "aasm-scan-"));
    const path = join(folder, "x.db");
    connection = new Database(path);
    connection.exec("CREATE TABLE t (n)");
    const statements = new StatementCache(connection);
    const BuiltPool = await builtPool();
    pool = new BuiltPool({ path, inlineBytes: 0, connection, statements, yielder: new EventLoopYielder() });
  });
  afterAll(async () => {
    await pool.close();
    connection.close();
    await rm(folder, { recursive: true, force: true });
  });

  const bucketOf = (zone: string) => ({
    sql: `SELECT ${BUCKET_FUNCTION}(?, 0)`,
    values: [JSON.stringify(["1h", zone])],
  });

  it("answers with rows", async () => {
    expect(await pool.rows(bucketOf("UTC"))).toEqual([[0]]);
  });

  it("fails with the members of the error that was thrown there", async () => {
    const error = await pool.rows(bucketOf("Nowhere/Else")).catch((thrown: unknown) => thrown);
    expect(isStorageError(error, "invalid_argument")).toBe(true);
    expect(error).toMatchObject({
      option: "bucket.timeZone",
      message: expect.stringMatching(/^bucket\.timeZone must be an IANA name/),
    });
  });

  it("fails with the code of the driver", async () => {
    await expect(pool.rows({ sql: "SELECT * FROM missing", values: [] })).rejects.toMatchObject({
      name: "SqliteError",
      code: "SQLITE_ERROR",
    });
  });
});

describe("a checkpoint in a thread", () => {
  async function opened(inlineBytes: number) {
    const path = join(await mkdtemp(join(tmpdir(), "aasm-checkpoint-")), "x.db");
    const raw = new Database(path);
    raw.pragma("journal_mode = WAL");
    raw.exec("CREATE TABLE t (text TEXT)");
    raw.prepare("INSERT INTO t VALUES (?)").run("x".repeat(500_000));
    const BuiltPool = await builtPool();
    const statements = new StatementCache(raw);
    const pool = new BuiltPool({ path, inlineBytes, connection: raw, statements, yielder: new EventLoopYielder() });
    onTestFinished(async () => {
      await pool.close();
      raw.close();
      await rm(dirname(path), { recursive: true, force: true });
    });
    return { path, raw, pool };
  }

  it("moves what is committed beside a transaction, and the event loop turns meanwhile", async () => {
    const { path, raw, pool } = await opened(0);
    raw.exec("BEGIN IMMEDIATE");
    const before = statSync(path).size;
    using watch = new TurnWatch();
    await pool.checkpoint();
    expect(watch.turns).toBeGreaterThan(0);
    expect(statSync(path).size).toBeGreaterThan(before + 400_000);
    raw.exec("COMMIT");
  });

  it("leaves no connection: the last other one to close takes the log with it", async () => {
    const { path, raw, pool } = await opened(0);
    await pool.checkpoint();
    raw.close();
    expect(existsSync(`${path}-wal`)).toBe(false);
  });

  it("is not for a file that is scanned on the calling thread, nor for a closed pool", async () => {
    const small = await opened(100_000_000);
    expect(small.pool.checkpoint()).toBeUndefined();
    const closed = await opened(0);
    await closed.pool.close();
    expect(closed.pool.checkpoint()).toBeUndefined();
  });
});

describe("a file that a thread writes anew", () => {
  const SECRET = "secret-okapi ".repeat(2000);

  async function filled(): Promise<{
    readonly folder: string;
    readonly raw: Database.Database;
    readonly pool: ScanPool;
  }> {
    const folder = await mkdtemp(join(tmpdir(), "aasm-rewrite-"));
    const path = join(folder, "x.db");
    const raw = new Database(path);
    raw.pragma("journal_mode = WAL");
    raw.exec("CREATE TABLE t (n INTEGER PRIMARY KEY, text TEXT)");
    const insert = raw.prepare("INSERT INTO t (text) VALUES (?)");
    for (let n = 0; n < 100; n++) insert.run(n % 2 === 0 ? SECRET : "kept");
    raw.pragma("wal_checkpoint(TRUNCATE)");
    raw.exec("DELETE FROM t WHERE n % 2 = 1");
    const BuiltPool = await builtPool();
    const statements = new StatementCache(raw);
    const pool = new BuiltPool({ path, inlineBytes: 0, connection: raw, statements, yielder: new EventLoopYielder() });
    onTestFinished(async () => {
      await pool.close();
      raw.close();
      await rm(folder, { recursive: true, force: true });
    });
    return { folder, raw, pool };
  }

  it("has nothing of deleted rows, and the event loop turns meanwhile", async () => {
    const { folder, raw, pool } = await filled();
    expect(filesWith(folder, ["secret-okapi"])).not.toEqual([]);
    using watch = new TurnWatch();
    await pool.rewrite();
    expect(watch.turns).toBeGreaterThan(0);
    raw.pragma("wal_checkpoint(TRUNCATE)");
    expect(filesWith(folder, ["secret-okapi"])).toEqual([]);
    expect(raw.prepare("SELECT count(*) FROM t").pluck().get()).toBe(50);
  });

  it("is busy while another connection writes, and stays as it is", async () => {
    const { raw, pool } = await filled();
    raw.exec("BEGIN IMMEDIATE");
    await expect(pool.rewrite()).rejects.toSatisfy(isBusy);
    raw.exec("COMMIT");
    await pool.rewrite();
    expect(raw.prepare("SELECT count(*) FROM t").pluck().get()).toBe(50);
  });
});
