import { createDatabase, startPostgres } from "@agent-assembly/test-services";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, expect, it } from "vitest";
import { openPostgresStorage } from "../../src/backend.js";
import { connect, type Sql } from "../../src/driver/client/connect.js";
import { parsePostgresOptions } from "../../src/options.js";

// A server of its own: what keeps rows here would keep those of other tests.
describeNeeding("own-servers", "erased rows that something on the server still keeps", async () => {
  const server = await startPostgres({
    timescaledb: false,
    fsync: false,
    settings: { max_prepared_transactions: "5", wal_level: "logical" },
  });
  afterAll(server.stop);
  const database = await createDatabase(server.url, "held");
  const elsewhere = await createDatabase(server.url, "elsewhere");
  const storage = await openPostgresStorage({ url: database.url, timescaledb: "off", migrate: "auto" });
  const clientOn = (url: string): Sql =>
    connect({ ...parsePostgresOptions({ url }), maxConnections: 1, applicationName: "a neighbour" });
  const neighbours = { here: clientOn(database.url), elsewhere: clientOn(elsewhere.url) };
  afterAll(async () => {
    await storage.close();
    for (const sql of Object.values(neighbours)) await sql.end({ timeout: 5 });
  });

  /** What an erasure says that remains. */
  const erase = async (agentId: string, rewrite: boolean): Promise<readonly string[]> => {
    const request = { filter: { agentId }, parts: ["payload"], request: agentId, basis: "Art. 17(1)(b)" };
    return (await storage.erase(request, { rewrite })).scrub.remains;
  };
  const transaction = "which 1 open transaction still sees: erase again when it has ended";
  const slot = "which 1 replication slot still keeps: erase again when it has moved on or is dropped";
  const holders: Record<string, (hold: () => Promise<void>) => Promise<unknown>> = {
    "a transaction here that only reads": (hold) =>
      neighbours.here.begin("ISOLATION LEVEL REPEATABLE READ", async (sql) => {
        await sql.unsafe("SELECT count(*) FROM pg_class");
        await hold();
      }),
    "a transaction of another database that has written": (hold) =>
      neighbours.elsewhere.begin(async (sql) => {
        await sql.unsafe("SELECT pg_current_xact_id()");
        await hold();
      }),
    "a prepared transaction of another database": async (hold) => {
      await neighbours.elsewhere.unsafe("BEGIN; CREATE TABLE prepared (n integer); PREPARE TRANSACTION 'left'");
      await hold().finally(() => neighbours.elsewhere.unsafe("ROLLBACK PREPARED 'left'"));
    },
    "a replication slot": async (hold) => {
      await neighbours.here.unsafe("SELECT pg_create_logical_replication_slot('left', 'pgoutput')");
      await hold().finally(() => neighbours.here.unsafe("SELECT pg_drop_replication_slot('left')"));
    },
  };

  it.each([
    { who: "a transaction here that only reads", rewrite: false, told: [`the rows, ${transaction}`] },
    {
      who: "a transaction of another database that has written",
      rewrite: true,
      told: [`samples of columns that the planner took before, ${transaction}`, `the rows, ${transaction}`],
    },
    { who: "a prepared transaction of another database", rewrite: false, told: [`the rows, ${transaction}`] },
    { who: "a replication slot", rewrite: false, told: [`the rows, ${slot}`] },
  ])("are told of: $who", { timeout: 60_000 }, async ({ who, rewrite, told }) => {
    const event = { ts: new Date(), agentId: who, action: "tool_call", decision: "allow", payload: { text: who } };
    await storage.audit.append([event]);
    let remains: readonly string[] = [];
    await holders[who]?.(async () => {
      remains = await erase(who, rewrite);
    });
    const kept = /still (sees|keeps)/;
    expect(remains.filter((text) => kept.test(text)).toSorted()).toEqual(told);
    expect((await erase(who, rewrite)).filter((text) => kept.test(text))).toEqual([]);
  });
});
