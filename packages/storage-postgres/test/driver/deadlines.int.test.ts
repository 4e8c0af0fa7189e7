import { isStorageError } from "@agent-assembly/storage-core";
import { afterEach, describe, expect, it } from "vitest";
import { Pool } from "../../src/driver/pool.js";
import { parsePostgresOptions } from "../../src/options.js";
import { databaseOfFile, type PostgresProfile } from "../setup/database.js";

const LONG = 60;
const SOON_MS = 200;

describe.each<PostgresProfile>(["postgres", "postgres-15"])("a deadline on %s", async (profile) => {
  const database = await databaseOfFile(profile, "deadlines");
  const pools: Pool[] = [];
  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.close(1000)));
  });

  function poolOf(maxConnections: number): Pool {
    const pool = new Pool({ ...parsePostgresOptions({ ...database }), maxConnections, applicationName: "deadlines" });
    pools.push(pool);
    return pool;
  }

  /** Sleeps, and says on which connection. */
  const pidAfter = (pool: Pool, seconds: number, timeoutMs?: number): Promise<number> =>
    pool.run(async (sql) => {
      const [row] = await sql.unsafe(`SELECT pg_backend_pid() AS pid, pg_sleep(${seconds})`);
      return (row as unknown as { pid: number }).pid;
    }, timeoutMs);

  const outcome = (work: Promise<unknown>): Promise<unknown> =>
    work.catch((error: unknown) => (isStorageError(error) ? error.code : error));

  it("ends one statement, and leaves every other caller's connection as it is", async () => {
    const pool = poolOf(4);
    const before = await Promise.all([1, 2, 3, 4].map(() => pidAfter(pool, 0.3)));
    const [late, ...others] = await Promise.all([
      outcome(pidAfter(pool, LONG, SOON_MS)),
      ...[1, 2, 3].map(() => pidAfter(pool, 1.5)),
    ]);
    expect(late).toBe("timeout");
    for (const pid of others) expect(before).toContain(pid);
    expect(await pidAfter(pool, 0)).toBeGreaterThan(0);
  });

  it("keeps the connections of those who are in time, however long they take after another was given up", async () => {
    const pool = poolOf(4);
    const patient = pool.transaction(async (sql) => {
      const pids = new Set<number>();
      for (let n = 0; n < 6; n++) {
        const [row] = await sql.unsafe("SELECT pg_backend_pid() AS pid, pg_sleep(0.5)");
        pids.add((row as unknown as { pid: number }).pid);
      }
      return pids.size;
    });
    expect(await outcome(pidAfter(pool, LONG, SOON_MS))).toBe("timeout");
    expect(await patient).toBe(1);
  });

  it("takes one that waits for a connection out of the queue", async () => {
    const pool = poolOf(2);
    const before = await Promise.all([pidAfter(pool, 0.3), pidAfter(pool, 0.3)]);
    const running = [pidAfter(pool, 1.5), pidAfter(pool, 1.5)];
    const waiting = [1, 2, 3, 4].map(() => outcome(pidAfter(pool, LONG, SOON_MS)));
    expect(await Promise.all(waiting)).toEqual(Array(4).fill("timeout"));
    expect((await Promise.all(running)).sort()).toEqual(before.sort());
    expect(await pidAfter(pool, 0)).toBeGreaterThan(0);
  });

  it("rolls a late transaction back, whether it waits, runs or is between statements", async () => {
    const pool = poolOf(2);
    await pool.run((sql) => sql.unsafe("CREATE TABLE IF NOT EXISTS late (n int)"));
    const between = pool.transaction(
      async (sql) => {
        await sql.unsafe("INSERT INTO late VALUES (1)");
        await new Promise((resolve) => setTimeout(resolve, SOON_MS * 2));
        await sql.unsafe("INSERT INTO late VALUES (2)");
      },
      { timeoutMs: SOON_MS },
    );
    const running = pool.transaction(
      async (sql) => {
        await sql.unsafe("INSERT INTO late VALUES (3)");
        await sql.unsafe(`SELECT pg_sleep(${LONG})`);
      },
      { timeoutMs: SOON_MS },
    );
    const waiting = pool.transaction((sql) => sql.unsafe("INSERT INTO late VALUES (4)"), { timeoutMs: SOON_MS / 2 });
    expect(await Promise.all([between, running, waiting].map(outcome))).toEqual(["timeout", "timeout", "timeout"]);
    const [row] = await pool.run((sql) => sql.unsafe("SELECT count(*)::int AS n FROM late"));
    expect(row).toEqual({ n: 0 });
    expect(await pool.run(async (sql) => (await sql.unsafe("SELECT 1 AS one")).length)).toBe(1);
  });
});
