import { setTimeout as sleep } from "node:timers/promises";
import { createDatabase, startPostgres } from "@agent-assembly/test-services";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import postgres from "postgres";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openPostgresStorage } from "../../src/backend.js";
import { connect, type Sql } from "../../src/driver/client/connect.js";
import { channelOf } from "../../src/driver/listener.js";
import { migratePostgres } from "../../src/migrate.js";
import { parsePostgresOptions } from "../../src/options.js";
import { addUsers, type StoreWithRoles, storeWithRoles } from "../support/store-with-roles.js";
import { collectTail, EVENT, INSERT, listeningTail } from "../support/tails.js";

/** Two-part keys are taken up to this number of the second part. */
const NUMBERS = 200;

describeNeeding("postgres", "a login that holds advisory locks", async () => {
  let store: StoreWithRoles;
  let neighbour: postgres.Sql;
  beforeAll(async () => {
    store = await storeWithRoles("postgres");
    await store.runScript();
    await addUsers(store);
    neighbour = postgres(store.optionsOf("reader").url, { max: 1, onnotice: () => undefined });
  });
  afterAll(async () => {
    await neighbour.end({ timeout: 5 });
    await store.drop();
  });

  /** On the numbers of every object of the schema, and on the hashes of its names. */
  const takeAll = (mode: "" | "_shared") => neighbour`
    SELECT count(${neighbour.unsafe(`pg_try_advisory_lock${mode}(k.key::bit(32)::int, n)`)})
    FROM (
      SELECT oid::bigint AS key FROM pg_class WHERE relnamespace = ${store.schema}::regnamespace
      UNION SELECT hashtext(t)::bigint FROM unnest(ARRAY['aasm migrations', 'aasm policies "audit".']) AS t
    ) AS k, (
      SELECT g AS n FROM generate_series(0, ${NUMBERS}) AS g
      UNION SELECT hashtext(t) FROM unnest(ARRAY['audit', 'p']) AS t
    ) AS m`;

  for (const [mode, what] of [
    ["_shared", "shared"],
    ["", "exclusive"],
  ] as const) {
    it(`keeps nothing from going on: ${what} ones`, { timeout: 300_000 }, async () => {
      const writer = await openPostgresStorage(store.optionsOf("writer"));
      const reader = await openPostgresStorage({ ...store.optionsOf("reader"), tailPollMs: 50 });
      try {
        const tail = await listeningTail(reader, writer);
        await takeAll(mode);
        const held =
          await neighbour`SELECT count(*)::int AS n FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()`;
        expect(held[0]?.n).toBeGreaterThan(NUMBERS);
        expect(await writer.audit.append([{ ts: new Date(), ...EVENT, agentId: what }])).toMatchObject({ inserted: 1 });
        await tail.until(1);
        await tail.end();
        const { version } = await writer.policies.save({ name: "p", source: `mode: ${what}` }, { actor: "ann" });
        expect(await writer.policies.activate("p", version, { actor: "ann" })).toMatchObject({ to: version });
        const lease = await writer.retentionSupport.lease("l", 1000);
        expect(await lease?.renew()).toBe(true);
        await lease?.release();
        expect(await migratePostgres(store.optionsOf("owner"))).toMatchObject({ steps: [] });
      } finally {
        await neighbour`SELECT pg_advisory_unlock_all()`;
        await writer.close();
        await reader.close();
      }
    });
  }

  it("and a flood of notifications costs a tail no event", { timeout: 300_000 }, async () => {
    const writer = await openPostgresStorage(store.optionsOf("writer"));
    const reader = await openPostgresStorage({ ...store.optionsOf("reader"), tailPollMs: 50 });
    const tail = await listeningTail(reader, writer);
    const channel = channelOf(store.schema, "audit");
    let stopped = false;
    const flood = (async () => {
      while (!stopped) {
        await neighbour`SELECT pg_notify(${channel}, 'x' || g) FROM generate_series(1, 500) AS g`;
      }
    })();
    for (let n = 0; n < 100; n++) await writer.audit.append([{ ts: new Date(), ...EVENT, agentId: `n-${n}` }]);
    await tail.until(100);
    stopped = true;
    await flood;
    await tail.end();
    await writer.close();
    await reader.close();
    expect(tail.agents).toEqual(Array.from({ length: 100 }, (_, n) => `n-${n}`));
  });
});

describeNeeding("postgres", "transactions of others that stay open", async () => {
  const server = await startPostgres({
    timescaledb: false,
    fsync: false,
    settings: { max_prepared_transactions: "5" },
  });
  afterAll(server.stop);
  const database = await createDatabase(server.url, "open");
  const elsewhere = await createDatabase(server.url, "elsewhere");
  const options = { url: database.url, timescaledb: "off" } as const;
  await migratePostgres(options);
  const clientOn = (url: string): Sql =>
    connect({ ...parsePostgresOptions({ url }), maxConnections: 1, applicationName: "a neighbour" });
  const foreign = { here: clientOn(database.url), elsewhere: clientOn(elsewhere.url) };
  const storage = await openPostgresStorage({ ...options, tailPollMs: 50 });
  afterAll(async () => {
    await storage.close();
    for (const sql of Object.values(foreign)) await sql.end({ timeout: 5 });
  });

  /** Appends beside an open transaction, and what a tail then has without waiting for it. */
  const goesOn = async (label: string): Promise<void> => {
    const tail = await listeningTail(storage, storage);
    const { position } = tail;
    for (let n = 0; n < 5; n++) await storage.audit.append([{ ts: new Date(), ...EVENT, agentId: `${label}-${n}` }]);
    await tail.until(5);
    await tail.end();
    const again = collectTail(storage, position);
    await again.until(5);
    await again.end();
    expect(again.agents).toEqual(Array.from({ length: 5 }, (_, n) => `${label}-${n}`));
    const [today] = await storage.partitions.list("audit");
    if (today === undefined) throw new Error("there is no partition");
    const { rows, asOf } = await storage.partitions.measure(today);
    expect(rows).toBe(today.rows);
    expect((await storage.partitions.measure(today, { asOf })).rows).toBe(rows);
  };

  for (const where of ["here", "elsewhere"] as const) {
    it(`hold up neither appends nor tails: ${where === "here" ? "in the same database" : "in another one"}`, async () => {
      await foreign[where].begin(async (sql) => {
        await sql.unsafe("CREATE TABLE IF NOT EXISTS of_others (n integer)");
        await sql.unsafe("INSERT INTO of_others SELECT 1");
        await goesOn(where);
      });
      await goesOn(`${where}-after`);
    });
  }

  it("nor do prepared ones, whose rows come when they are committed", async () => {
    await foreign.here.unsafe(`BEGIN; ${INSERT.replace("$1", "'prepared'")}; PREPARE TRANSACTION 'kept'`);
    const tail = await listeningTail(storage, storage);
    const { position } = tail;
    await goesOn("beside-a-prepared-one");
    await tail.until(5);
    await foreign.here.unsafe("COMMIT PREPARED 'kept'");
    await tail.until(6);
    await tail.end();
    expect(tail.agents.at(-1)).toBe("prepared");
    // A position from before it was committed does not include it either.
    const again = collectTail(storage, position);
    await again.until(6);
    await again.end();
    expect(again.agents.toSorted()).toEqual(tail.agents.toSorted());
  });

  for (const isolation of ["repeatable read", "serializable"]) {
    it(`are delivered once when they insert late, with a number that is old by then: ${isolation}`, async () => {
      const tail = await listeningTail(storage, storage);
      await foreign.here.begin(`isolation level ${isolation}`, async (sql) => {
        // Takes its number and its snapshot.
        await sql.unsafe("CREATE TABLE IF NOT EXISTS of_others (n integer)");
        await sql.unsafe("INSERT INTO of_others VALUES (2)");
        await storage.audit.append([{ ts: new Date(), ...EVENT, agentId: "between" }]);
        await tail.until(1);
        await sql.unsafe(INSERT, ["late"]);
        await storage.audit.append([{ ts: new Date(), ...EVENT, agentId: "between" }]);
        await tail.until(2);
      });
      await tail.until(3);
      await sleep(150);
      await tail.end();
      expect(tail.agents).toEqual(["between", "between", "late"]);
    });
  }

  it("count as one with what they insert within savepoints, without what they take back", async () => {
    const tail = await listeningTail(storage, storage);
    await foreign.here.begin(async (sql) => {
      await sql.unsafe(INSERT, ["first"]);
      await sql.savepoint((inner) => inner.unsafe(INSERT, ["kept"]));
      await sql
        .savepoint(async (inner) => {
          await inner.unsafe(INSERT, ["taken back"]);
          throw new Error("taken back");
        })
        .catch(() => undefined);
      await storage.audit.append([{ ts: new Date(), ...EVENT, agentId: "beside" }]);
      await tail.until(1);
      await sql.unsafe(INSERT, ["last"]);
    });
    await tail.until(4);
    await sleep(150);
    await tail.end();
    expect(tail.agents).toEqual(["beside", "first", "kept", "last"]);
  });

  it("leave nothing behind when their session is killed", async () => {
    const tail = await listeningTail(storage, storage);
    const victim = clientOn(database.url);
    const killed = victim.begin(async (sql) => {
      await sql.unsafe(INSERT, ["never"]);
      await storage.audit.append([{ ts: new Date(), ...EVENT, agentId: "before" }]);
      const [{ pid } = { pid: 0 }] = await sql<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`;
      await foreign.here`SELECT pg_terminate_backend(${pid})`;
      await sql`SELECT 1`;
    });
    await expect(killed).rejects.toThrow();
    await victim.end({ timeout: 0 });
    await storage.audit.append([{ ts: new Date(), ...EVENT, agentId: "after" }]);
    await tail.until(2);
    await tail.end();
    expect(tail.agents).toEqual(["before", "after"]);
  });

  it("are delivered in parts where they have more rows than a read returns, also when resumed in between", async () => {
    const tail = await listeningTail(storage, storage);
    const { position } = tail;
    const COUNT = 5000;
    const label = "CASE WHEN g % 1000 = 0 THEN 'rare' ELSE 'many' END";
    await foreign.here.begin(async (sql) => {
      await sql.unsafe(`INSERT INTO audit_events (ts, recorded_at, event_id, dry_run, agent_id, trace_id, action, decision)
        SELECT now(), now(), gen_random_uuid(), false, ${label}, g::text, 'tool_call', 'allow' FROM generate_series(1, ${COUNT}) AS g`);
      await storage.audit.append([{ ts: new Date(), ...EVENT, agentId: "beside" }]);
      await tail.until(1);
    });
    await tail.until(COUNT + 1);
    await tail.end();
    const numbers = tail.items.slice(1).map(({ event }) => Number(event.traceId));
    expect(numbers).toEqual(Array.from({ length: COUNT }, (_, i) => i + 1));
    // From within the large transaction, and with a filter that few rows match.
    const within = collectTail(storage, tail.items[2500]?.position);
    await within.until(COUNT - 2500);
    await within.end();
    expect(within.items.map(({ event }) => Number(event.traceId))).toEqual(numbers.slice(2500));
    const rare = collectTail(storage, position, { agentId: "rare" });
    await rare.until(5);
    await rare.end();
    expect(rare.items.map(({ event }) => Number(event.traceId))).toEqual([1000, 2000, 3000, 4000, 5000]);
  });

  it("are as many as a server allows, and a position stays short", async () => {
    const many = connect({
      ...parsePostgresOptions({ url: elsewhere.url }),
      maxConnections: 120,
      applicationName: "many",
    });
    await many.unsafe("CREATE TABLE IF NOT EXISTS of_others (n integer)");
    let end = (): void => undefined;
    const asked = new Promise<void>((resolve) => {
      end = resolve;
    });
    let open = 0;
    const all = Array.from({ length: 120 }, () =>
      many.begin(async (sql) => {
        await sql.unsafe("INSERT INTO of_others VALUES (3)");
        open++;
        await asked;
      }),
    );
    await expect.poll(() => open, { timeout: 20_000 }).toBe(120);
    await goesOn("beside-many");
    const tail = await listeningTail(storage, storage);
    await storage.audit.append([{ ts: new Date(), ...EVENT, agentId: "last" }]);
    await tail.until(1);
    expect(tail.position?.length).toBeLessThan(2000);
    end();
    await Promise.all(all);
    await many.end({ timeout: 5 });
    await tail.end();
  });
});
