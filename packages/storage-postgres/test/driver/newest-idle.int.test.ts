import { describeNeeding } from "@agent-assembly/test-services/needing";
import postgres from "postgres";
import { expect, it } from "vitest";
import { connect, type Sql } from "../../src/driver/client/connect.js";
import { parsePostgresOptions } from "../../src/options.js";
import { databaseOfFile } from "../setup/database.js";

const CONNECTIONS = 3;

describeNeeding("postgres", "of several idle connections", async () => {
  const { url } = await databaseOfFile("postgres", "newest_idle");
  const options = { ...parsePostgresOptions({ url }), maxConnections: CONNECTIONS, applicationName: "aasm test" };

  const pidOf = async (sql: Pick<Sql, "unsafe">): Promise<number> =>
    ((await sql.unsafe("SELECT pg_backend_pid() AS pid"))[0] as unknown as { pid: number }).pid;
  const pidsAtOnce = (sql: Sql): Promise<Set<number>> =>
    Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        const [row] = await sql.unsafe("SELECT pg_backend_pid() AS pid, pg_sleep(0.3)");
        return (row as unknown as { pid: number }).pid;
      }),
    ).then((pids) => new Set(pids));
  const pidsInTurn = async (ask: () => Promise<number>): Promise<Set<number>> => {
    const pids = new Set<number>();
    for (let n = 0; n < 3 * CONNECTIONS; n++) pids.add(await ask());
    return pids;
  };

  it("the driver alone takes each in turn: where it does not any more, newest-idle.ts can go", async () => {
    const plain = postgres(url, { max: CONNECTIONS });
    await pidsAtOnce(plain);
    expect((await pidsInTurn(() => pidOf(plain))).size).toBe(CONNECTIONS);
    await plain.end();
  });

  it("one serves all statements and transactions that follow each other, and all serve those at once", async () => {
    const sql = connect(options);
    const open = await pidsAtOnce(sql);
    expect(open.size).toBe(CONNECTIONS);
    const [one, ...others] = await pidsInTurn(() => pidOf(sql));
    expect(others).toEqual([]);
    const inTransactions = await pidsInTurn(() => sql.begin((transaction) => pidOf(transaction)));
    expect(inTransactions).toEqual(new Set([one]));
    expect(await pidsAtOnce(sql)).toEqual(open);
    await sql.end();
  });

  it("another serves when that one is lost", async () => {
    const sql = connect(options);
    await pidsAtOnce(sql);
    const first = await pidOf(sql);
    const watcher = connect(options);
    await watcher.unsafe(`SELECT pg_terminate_backend(${first})`);
    const alive = `SELECT pid FROM pg_stat_activity WHERE pid = ${first}`;
    await expect.poll(async () => (await watcher.unsafe(alive)).length, { timeout: 20_000 }).toBe(0);
    await watcher.end();
    // A statement that was sent to it fails; those that follow meet another one.
    const others = async (): Promise<unknown> => {
      const pids = await pidsInTurn(() => pidOf(sql)).catch(() => new Set<number>());
      return { size: pids.size, isFirst: pids.has(first) };
    };
    await expect.poll(others, { timeout: 20_000 }).toEqual({ size: 1, isFirst: false });
    expect((await pidsAtOnce(sql)).size).toBe(CONNECTIONS);
    await sql.end();
  });
});
