import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isStorageError } from "@agent-assembly/storage-core";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EventLoopYielder } from "../../src/driver/event-loop-yielder.js";
import { StatementCache } from "../../src/driver/statement-cache.js";
import type { ScanPool } from "../../src/scan/pool.js";
import { BUCKET_FUNCTION } from "../../src/sql/function-names.js";
import { distUrl } from "../support/child.js";

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
