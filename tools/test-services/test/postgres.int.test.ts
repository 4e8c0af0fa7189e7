import { existsSync } from "node:fs";
import { dirname } from "node:path";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDatabase, type PostgresServer, startPostgres } from "../src/index.js";
import { memoryFolder, temporaryFolder } from "../src/process/folders.js";
import { commandLine } from "../src/process/processes.js";
import { needing } from "../src/vitest/needing.js";

async function query(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    return [...(await sql.unsafe(text))];
  } finally {
    await sql.end();
  }
}

describe(...needing("own-servers", "a PostgreSQL server"), () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({ timescaledb: true, settings: { work_mem: "5MB" } });
  });
  afterAll(() => server.stop());

  it("is version 17, durable, in UTC, and has the settings it was given", async () => {
    const [row] = await query(
      server.url,
      "SELECT current_setting('work_mem') AS memory, current_setting('fsync') AS fsync, current_setting('timezone') AS zone",
    );
    expect(server.version).toMatch(/^17\./);
    expect(row).toEqual({ memory: "5MB", fsync: "on", zone: "UTC" });
  });

  it("has TimescaleDB only in databases that ask for it", async () => {
    const plain = await createDatabase(server.adminUrl, "plain");
    const timescale = await createDatabase(server.adminUrl, "timescale");
    await query(timescale.url, "CREATE EXTENSION timescaledb");
    await query(timescale.url, "CREATE TABLE t (at timestamptz NOT NULL)");
    expect(await query(timescale.url, "SELECT create_hypertable('t', by_range('at'))")).toHaveLength(1);
    await expect(query(plain.url, "SELECT time_bucket('1 day', now())")).rejects.toThrow("does not exist");
    expect(server.timescaledb?.edition).toBe("apache");
    await Promise.all([plain.drop(), timescale.drop()]);
  });

  it("keeps its port and data over restarts and over being killed", async () => {
    const database = await createDatabase(server.adminUrl, "restart");
    await query(database.url, "CREATE TABLE t AS SELECT 7 AS a");
    const steps = [
      () => server.restart("fast"),
      () => server.restart("immediate"),
      () => server.kill().then(() => server.restart("immediate")),
    ];
    for (const step of steps) {
      await step();
      expect(await query(database.url, "SELECT a FROM t")).toEqual([{ a: 7 }]);
    }
    await database.drop();
  });

  it("drops a database with open connections, and only its own", async () => {
    const database = await createDatabase(server.adminUrl, "drop");
    const sql = postgres(database.url, { max: 1 });
    await sql`SELECT 1`;
    await database.drop();
    await database.drop();
    const names = await query(server.adminUrl, "SELECT datname FROM pg_database ORDER BY datname");
    expect(names).toEqual([{ datname: "postgres" }, { datname: "template0" }, { datname: "template1" }]);
    await sql.end({ timeout: 0 });
  });

  it("refuses prefixes that are not plain words", async () => {
    await expect(createDatabase(server.adminUrl, 'x"; --')).rejects.toThrow(TypeError);
  });

  it("keeps data that may be lost in memory where there is room, and removes them too", async () => {
    const lossy = await startPostgres({ timescaledb: false, fsync: false });
    const [row] = await query(lossy.adminUrl, "SELECT current_setting('data_directory') AS folder");
    const folder = row?.folder as string;
    if (lossy.pid !== undefined) expect(dirname(dirname(folder))).toBe((await memoryFolder()) ?? temporaryFolder());
    await lossy.stop();
    expect(existsSync(folder)).toBe(false);
  });

  // The last: it stops the server of all the others.
  it("leaves no process and no folder when it is stopped, also after a kill", async () => {
    const { pid } = server;
    // Docker hides both.
    const folder = pid === undefined ? undefined : /-D (\S+)\/data/.exec(commandLine(pid) ?? "")?.[1];
    if (folder !== undefined) expect(existsSync(folder)).toBe(true);
    await server.kill();
    await server.stop();
    await server.stop();
    if (folder !== undefined) expect(existsSync(folder)).toBe(false);
    if (pid !== undefined) expect(commandLine(pid)).toBeUndefined();
    await expect(query(server.url, "SELECT 1")).rejects.toThrow("ECONNREFUSED");
  });
});

it(...needing("own-servers", "tells what PostgreSQL says when a setting is wrong"), async () => {
  await expect(startPostgres({ timescaledb: false, settings: { no_such: "1" } })).rejects.toThrow("no_such");
});
