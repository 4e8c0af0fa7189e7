import { setTimeout as sleep } from "node:timers/promises";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { expect, it } from "vitest";
import { databaseOfFile, poolOn } from "../setup/database.js";

/** An uncatchable error ends the test run, which is the point of these tests. */
describeNeeding("postgres", "a connection that the server ends inside a transaction", async () => {
  const database = await databaseOfFile("postgres", "lost");

  it.each([
    ["between two statements", 300],
    ["together with the next statement", 0],
  ])("fails the transaction alone: %s", async (_when, pauseMs) => {
    const pool = poolOn(database, { maxConnections: 2, statementTimeoutMs: 2000 });
    try {
      const transaction = pool.transaction(async (sql) => {
        const [row] = await sql<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`;
        await pool.run((other) => other`SELECT pg_terminate_backend(${row?.pid ?? 0})`);
        if (pauseMs > 0) await sleep(pauseMs);
        await sql`SELECT 1`;
      });
      await expect(transaction).rejects.toThrow();
      await sleep(200);
      await expect(pool.run((sql) => sql`SELECT 1 AS one`)).resolves.toEqual([{ one: 1 }]);
    } finally {
      await pool.close();
    }
  });

  it("fails it in the middle of a statement", async () => {
    // Longer than a test may take: closing waits for no statement whose connection is gone.
    const pool = poolOn(database, { maxConnections: 2, statementTimeoutMs: 3_600_000 });
    try {
      const transaction = pool.transaction((sql) => sql`SELECT pg_sleep(60)`);
      transaction.catch(() => undefined);
      const ended = (): Promise<number> =>
        pool.run(
          async (sql) =>
            (
              await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event = 'PgSleep'`
            ).length,
        );
      await expect.poll(ended, { timeout: 20_000 }).toBe(1);
      await expect(transaction).rejects.toThrow();
    } finally {
      await pool.close();
    }
  });
});
