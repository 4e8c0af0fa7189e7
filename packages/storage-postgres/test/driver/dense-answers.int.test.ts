import { describeNeeding } from "@agent-assembly/test-services/needing";
import postgres from "postgres";
import { afterAll, expect, it, vi } from "vitest";
import { connect } from "../../src/driver/client/connect.js";
import { parsePostgresOptions } from "../../src/options.js";
import { databaseOfFile } from "../setup/database.js";

/** Fails behind its hundredth row. */
const BROKEN = "SELECT 1 / (n - 100) FROM generate_series(1, 500) AS n";

describeNeeding("postgres", "an answer behind one that broke off in the middle of its rows", async () => {
  const { url } = await databaseOfFile("postgres", "dense");
  const options = { ...parsePostgresOptions({ url }), maxConnections: 1, applicationName: "aasm test" };
  const sql = connect(options);
  afterAll(() => sql.end());
  const fails = (work: PromiseLike<unknown>) => expect(work).rejects.toMatchObject({ code: "22012" });

  it("has holes with the driver alone: where it has none any more, dense-answers.ts can go", async () => {
    const plain = postgres(url, { max: 1 });
    await fails(plain.unsafe(BROKEN, [], { prepare: true }));
    expect(Array.from(await plain`SELECT 7 AS n`)).toHaveLength(100);
    await plain.end();
  });

  it("is whole, however it is asked for", async () => {
    const asked: (() => PromiseLike<unknown>)[] = [
      () => sql`SELECT ${7}::int AS n`,
      () => sql.unsafe("SELECT 7 AS n"),
      () => sql.unsafe("SELECT $1::int AS n", [7]),
      () => sql.begin((transaction) => transaction`SELECT ${7}::int AS n`),
      () => sql.begin((transaction) => transaction.unsafe("SELECT 7 AS n")),
    ];
    for (const ask of asked) {
      await fails(sql.unsafe(BROKEN, [], { prepare: true }));
      expect(await ask()).toEqual([{ n: 7 }]);
    }
    await fails(sql.unsafe(BROKEN, [], { prepare: true }));
    expect(await sql.unsafe("SELECT $1::int, 8", [7]).values()).toEqual([[7, 8]]);
    await fails(sql.unsafe(BROKEN, [], { prepare: true }));
    expect(await sql.unsafe("SELECT 7 AS n; SELECT 8 AS n")).toEqual([[{ n: 7 }], [{ n: 8 }]]);
  });

  it("is whole on a reserved connection, and in a transaction", async () => {
    const reserved = await sql.reserve();
    await fails(reserved.unsafe(BROKEN, [], { prepare: true }));
    expect(await reserved`SELECT 7 AS n`).toEqual([{ n: 7 }]);
    reserved.release();
    await sql.begin(async (transaction) => {
      await fails(transaction.savepoint((inner) => inner.unsafe(BROKEN, [], { prepare: true })));
      expect(await transaction`SELECT ${7}::int AS n`).toEqual([{ n: 7 }]);
    });
  });

  it("is whole when the connection was lost in the middle", async () => {
    const watcher = connect(options);
    const [own] = await sql<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`;
    const lost = sql`
      SELECT repeat('x', 5000), CASE WHEN n = 900 THEN pg_sleep(60) END FROM generate_series(1, 1000) AS n`;
    const rejected = expect(lost).rejects.toThrow();
    const asleep = async (): Promise<number> =>
      (await watcher`SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND pid = ${own?.pid ?? 0}`).length;
    await expect.poll(asleep, { timeout: 20_000 }).toBe(1);
    await watcher`SELECT pg_terminate_backend(${own?.pid ?? 0})`;
    await rejected;
    // The first one may still be sent over the connection that is gone.
    const next = () => sql`SELECT ${8}::int AS n`.catch((error: { code?: string }) => error.code);
    const answer = await vi.waitUntil(async () => [await next()].find((one) => typeof one === "object"), {
      timeout: 20_000,
    });
    expect(answer).toEqual([{ n: 8 }]);
    await watcher.end();
  });
});
