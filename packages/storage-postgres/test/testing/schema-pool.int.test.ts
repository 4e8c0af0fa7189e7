import type { StorageBackend } from "@agent-assembly/storage-core";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { openPostgresStorage } from "../../src/backend.js";
import { connect, type Sql } from "../../src/driver/client/connect.js";
import { migratePostgres } from "../../src/migrate.js";
import { parsePostgresOptions } from "../../src/options.js";
import { differences, SchemaReader } from "../../src/testing/schema-facts.js";
import { SchemaPool } from "../../src/testing/schema-pool.js";
import { type DatabaseOptions, emptyDatabase, type PostgresProfile, withoutBackgroundJobs } from "../setup/database.js";

const PROFILES: readonly PostgresProfile[] = ["postgres", "timescale-apache", "timescale-community"];
/** Sessions that hold locks are no sessions that are about to end here. */
const PATIENCE_MS = 100;

/** What a case does to its schema, and what is said of it. */
const LEFT_BEHIND: readonly [what: string, statement: string, said: RegExp][] = [
  ["a table", "CREATE TABLE extra (n integer)", /table extra was added/],
  ["a table with rows", "CREATE TABLE extra AS SELECT 1 AS n", /rows of extra was added/],
  ["a column", "ALTER TABLE agent_registry ADD COLUMN extra integer", /column agent_registry\.extra was added/],
  [
    "a column of another type",
    "ALTER TABLE leases ALTER COLUMN owner TYPE varchar",
    /column leases\.owner was changed/,
  ],
  ["a default", "ALTER TABLE leases ALTER COLUMN owner SET DEFAULT 'me'", /defaults of leases was added/],
  ["an index", "CREATE INDEX extra ON agent_registry (name)", /index extra was added/],
  ["an index less", "DROP INDEX approvals_order", /index approvals_order was removed/],
  ["a constraint", "ALTER TABLE leases ADD CONSTRAINT extra CHECK (owner <> '')", /constraint extra was added/],
  ["a view", "CREATE VIEW extra AS SELECT 1 AS n", /view extra was added/],
  ["a function", "CREATE FUNCTION extra() RETURNS integer LANGUAGE sql AS 'SELECT 1'", /function extra was added/],
  ["a type", "CREATE TYPE extra AS ENUM ('one')", /type extra was added/],
  ["another function", "ALTER FUNCTION place_legal_hold COST 7", /function place_legal_hold was changed/],
  [
    "a trigger",
    `CREATE FUNCTION extra() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
     CREATE TRIGGER extra BEFORE INSERT ON agent_registry FOR EACH ROW EXECUTE FUNCTION extra()`,
    /trigger extra of agent_registry was added/,
  ],
  [
    "a trigger that is off",
    "ALTER TABLE leases DISABLE TRIGGER ALL; ALTER TABLE policy_active DISABLE TRIGGER ALL",
    /trigger .* of policy_active was changed/,
  ],
  ["a rule", "CREATE RULE extra AS ON DELETE TO leases DO INSTEAD NOTHING", /rules of leases was added/],
  ["row security", "ALTER TABLE agent_registry ENABLE ROW LEVEL SECURITY", /table agent_registry was changed/],
  [
    "a setting of a table",
    "ALTER TABLE agent_registry SET (autovacuum_enabled = false)",
    /table agent_registry was changed/,
  ],
  ["a grant", "GRANT SELECT ON agent_registry TO PUBLIC", /table agent_registry was changed/],
  ["a grant on a column", "GRANT SELECT (name) ON agent_registry TO PUBLIC", /column agent_registry\.name was changed/],
  [
    "a sequence with other steps",
    "ALTER SEQUENCE audit_events_seq INCREMENT 2",
    /sequence audit_events_seq was changed/,
  ],
  ["a migration less", "DELETE FROM aasm_migrations WHERE version = 1", /rows of aasm_migrations was changed/],
];

/** What a case does to its schema that the next one does not see. */
const HARMLESS: readonly [what: string, statement: string][] = [
  ["a row", "INSERT INTO leases VALUES ('l', 'me', now())"],
  [
    "rows that refer to each other",
    `INSERT INTO policy_versions VALUES ('p', 1, 'json', encode(sha256(''), 'hex'), 0, 'me', now(), '', '{}');
     INSERT INTO policy_active VALUES ('p', 1);
     INSERT INTO policy_activations (name, to_version, kind, actor, at) VALUES ('p', 1, 'activate', 'me', now())`,
  ],
  ["rows that are gone again", "INSERT INTO leases VALUES ('l', 'me', now()); DELETE FROM leases; ANALYZE leases"],
  ["a sequence further on", "SELECT setval('audit_events_seq', 1000)"],
  ["a sequence that begins elsewhere", "ALTER SEQUENCE audit_events_seq RESTART WITH 7"],
  [
    "chunks of many days",
    `INSERT INTO audit_events (ts, recorded_at, event_id, dry_run, agent_id, action, decision)
     SELECT now() - n * interval '20 days', now(), gen_random_uuid(), false, 'a', 'x', 'allow' FROM generate_series(1, 5) n;
     INSERT INTO metrics SELECT now() - n * interval '1 day', 1, 'm', NULL, NULL, '{}' FROM generate_series(1, 5) n`,
  ],
];

describe.each(PROFILES)("schemas that are lent again on %s", (profile) => {
  describeNeeding(profile, "as cases leave them", async () => {
    const database = await emptyDatabase(profile, "lent");
    await withoutBackgroundJobs(database.options);
    const { options } = database;
    const pool = new SchemaPool(options, PATIENCE_MS);
    const clients: Sql[] = [];
    const stores: StorageBackend[] = [];
    let trial: ReturnType<typeof newTrial> | undefined;
    afterEach(async () => {
      await Promise.all(clients.splice(0).map((client) => client.end({ timeout: 1 })));
      await Promise.all(stores.splice(0).map((store) => store.close()));
    });
    afterAll(async () => {
      await pool.close();
      await (await trial)?.client.end({ timeout: 1 });
      await database.drop();
    });

    /** As a case might bring, with nothing but the schema in its path. */
    async function clientIn(schema: string): Promise<Sql> {
      const client = connect({ ...parsePostgresOptions(options), maxConnections: 1, applicationName: "a case" });
      clients.push(client);
      await client.unsafe(`SET search_path TO ${schema}`);
      return client;
    }

    /** Undone again, since making another schema takes long where there are hypertables. */
    async function expectFound(statement: string, said: RegExp): Promise<void> {
      trial ??= newTrial();
      const { client, reader, fresh } = await trial;
      await client.unsafe("BEGIN");
      await client.unsafe(statement);
      const found = await reader.read(client);
      await client.unsafe("ROLLBACK");
      expect(found.digest).not.toBe(fresh.digest);
      expect(differences(fresh.fixed, found.fixed).join("; ")).toMatch(said);
    }

    async function newTrial() {
      await migratePostgres({ ...options, schema: "trial" });
      const client = connect({ ...parsePostgresOptions(options), maxConnections: 1, applicationName: "a trial" });
      await client.unsafe("SET search_path TO trial");
      const reader = await SchemaReader.of(client, "trial");
      return { client, reader, fresh: await reader.read(client) };
    }

    async function schemas(): Promise<string[]> {
      const rows = await pool.sql<{ name: string }[]>`
        SELECT nspname AS name FROM pg_namespace WHERE nspname LIKE 'store\\_%' ORDER BY 1`;
      return rows.map(({ name }) => name);
    }

    it.each(LEFT_BEHIND)("find %s", async (_what, statement, said) => {
      if (profile !== "postgres") return expectFound(statement, said);
      const schema = await pool.take();
      const client = await clientIn(schema);
      await client.unsafe(statement);
      await client.end();
      await expect(pool.giveBack(schema)).rejects.toThrow(said);
      expect(await schemas()).not.toContain(schema);
    });

    it.each(HARMLESS)("take %s away", async (_what, statement) => {
      const schema = await pool.take();
      await (await clientIn(schema)).unsafe(statement);
      await pool.giveBack(schema);
      expect(await pool.take()).toBe(schema);
      const store = await openIn(options, schema);
      stores.push(store);
      expect(await store.audit.count()).toBe(0);
      expect(await store.policies.list()).toEqual([]);
      await store.audit.append([{ ts: new Date(), agentId: "a", action: "x", decision: "allow" }]);
      const client = await clientIn(schema);
      expect(await client`SELECT seq::int FROM audit_events`).toEqual([{ seq: 1 }]);
      expect(await client`SELECT count(*)::int AS n FROM leases`).toEqual([{ n: 0 }]);
      await store.close();
      await pool.giveBack(schema);
    });

    it("find a setting of the database", async () => {
      const schema = await pool.take();
      const name = new URL(options.url).pathname.slice(1);
      await (await clientIn(schema)).unsafe(`ALTER DATABASE ${name} SET work_mem = '5MB'`);
      await expect(pool.giveBack(schema)).rejects.toThrow(/settings of the database was (added|changed)/);
      await pool.sql.unsafe(`ALTER DATABASE ${name} RESET work_mem`);
    });

    it("find a lock that a connection holds, and end that connection", async () => {
      const schema = await pool.take();
      const client = await clientIn(schema);
      const [before] = await client`SELECT pg_backend_pid() AS pid`;
      await client.unsafe("BEGIN; SELECT 1 FROM agent_registry");
      await expect(pool.giveBack(schema)).rejects.toThrow(
        /a connection of "a case" \(idle in transaction\) holds a lock on agent_registry/,
      );
      // The driver may not have noticed yet that its connection is gone, and fail once.
      await vi.waitFor(async () => {
        const [after] = await client`SELECT pg_backend_pid() AS pid`;
        expect(after?.pid).not.toBe(before?.pid);
      });
      expect(await schemas()).not.toContain(schema);
    });

    it("do not mind a connection that holds nothing, but find what it writes later", async () => {
      const schema = await pool.take();
      const client = await clientIn(schema);
      await client`SELECT 1 FROM agent_registry`;
      await pool.giveBack(schema);
      await client`INSERT INTO leases VALUES ('l', 'me', now())`;
      await expect(pool.take()).rejects.toThrow(/after its case was over: rows of leases was changed/);
      const next = await pool.take();
      expect(next).not.toBe(schema);
      await pool.giveBack(next);
    });

    it("are others while two are in use, and each is given back once", async () => {
      const [first, second] = [await pool.take(), await pool.take()];
      expect(second).not.toBe(first);
      await pool.giveBack(first);
      await pool.giveBack(first);
      const third = await pool.take();
      expect(third).toBe(first);
      const fourth = await pool.take();
      expect(new Set([first, second, fourth]).size).toBe(3);
      for (const schema of [second, third, fourth]) await pool.giveBack(schema);
    });

    it("are dropped in the end, after which there can be new ones", async () => {
      const used = await pool.take();
      const idle = await pool.take();
      await pool.giveBack(idle);
      await pool.close();
      expect(await schemas()).toEqual([used]);
      await pool.giveBack(used);
      expect(await pool.take()).toBe(used);
      await pool.giveBack(used);
      await pool.close();
      expect(await schemas()).toEqual([]);
    });

    if (profile.startsWith("timescale")) {
      it("find a hypertable with chunks of another length", async () => {
        const schema = await pool.take();
        await pool.sql.unsafe(`SELECT public.set_chunk_time_interval('${schema}.audit_events', INTERVAL '1 day')`);
        await expect(pool.giveBack(schema)).rejects.toThrow(/dimension ts of audit_events was changed/);
      });
    }

    if (profile === "timescale-community") {
      it("find a policy, and another setting of compression", async () => {
        for (const [call, said] of [
          [
            "public.add_retention_policy('audit_events', INTERVAL '1 year')",
            /policy_retention of audit_events was added/,
          ],
          ["public.remove_compression_policy('audit_events')", /policy_compression of audit_events was removed/],
        ] as const) {
          const schema = await pool.take();
          await (await clientIn(schema)).unsafe(`SELECT ${call}`);
          await expect(pool.giveBack(schema)).rejects.toThrow(said);
        }
        const schema = await pool.take();
        await (await clientIn(schema)).unsafe("ALTER TABLE metrics SET (timescaledb.compress_segmentby = 'agent_id')");
        await expect(pool.giveBack(schema)).rejects.toThrow(/compression of metrics was changed/);
      });

      it("take compressed chunks away", async () => {
        const schema = await pool.take();
        const client = await clientIn(schema);
        await insertOld(client);
        await client`SELECT public.compress_chunk(c) FROM public.show_chunks('audit_events') AS c`;
        await pool.giveBack(schema);
        expect(await pool.take()).toBe(schema);
        await insertOld(client);
        expect(await client`SELECT count(*)::int AS n FROM audit_events`).toEqual([{ n: 3 }]);
        await pool.giveBack(schema);
      });
    }
  });
});

function openIn(options: DatabaseOptions, schema: string): Promise<StorageBackend> {
  return openPostgresStorage({ ...options, schema, migrate: "off", minConnections: 0 });
}

async function insertOld(client: Sql): Promise<void> {
  await client`
    INSERT INTO audit_events (ts, recorded_at, event_id, dry_run, agent_id, action, decision)
    SELECT now() - n * interval '20 days', now(), gen_random_uuid(), false, 'a', 'x', 'allow' FROM generate_series(1, 3) n`;
}
