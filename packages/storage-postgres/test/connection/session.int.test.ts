import { randomBytes } from "node:crypto";
import { startPgBouncer } from "@agent-assembly/test-services";
import { describeNeeding, needing } from "@agent-assembly/test-services/needing";
import postgres from "postgres";
import { describe, expect, it } from "vitest";
import { openPostgresStorage } from "../../src/backend.js";
import { migratePostgres, postgresMigrationStatus, verifyPostgresSchema } from "../../src/migrate.js";
import { plainDatabase, serverOf } from "../setup/database.js";
import { addHostilePath, HOSTILE_SETTINGS, roleDatabase } from "../support/hostile-role.js";

describeNeeding("postgres", "a session", async () => {
  const server = serverOf("postgres");
  if (server === undefined) throw new Error("there is no server");

  describe.each(["LATIN1", "SQL_ASCII"])("in a database with the encoding %s", (encoding) => {
    it("is refused by all that opens or migrates, with what to do, and nothing is made", async () => {
      const name = `aasm_test_encoding_${randomBytes(5).toString("hex")}`;
      const root = postgres(server.url, { max: 1, onnotice: () => undefined });
      await root.unsafe(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING '${encoding}' LOCALE 'C'`);
      try {
        const url = new URL(server.url);
        url.pathname = `/${name}`;
        const options = { url: url.href, timescaledb: "off" } as const;
        for (const work of [
          () => migratePostgres(options),
          () => migratePostgres(options, { dryRun: true }),
          () => postgresMigrationStatus(options),
          () => openPostgresStorage(options),
          () => openPostgresStorage({ ...options, migrate: "auto" }),
        ]) {
          await expect(work()).rejects.toMatchObject({ code: "unsupported", retryable: false });
          await expect(work()).rejects.toThrow(
            new RegExp(`${name}" has the encoding ${encoding}.*needs UTF8.*ENCODING 'UTF8'`),
          );
        }
        const there = postgres(url.href, { max: 1, onnotice: () => undefined });
        expect(await there`SELECT 1 FROM pg_class WHERE relname = 'aasm_migrations'`).toHaveLength(0);
        await there.end();
      } finally {
        await root.unsafe(`DROP DATABASE ${name} WITH (FORCE)`);
        await root.end();
      }
    });
  });

  it("has what answers depend on, whatever role, database and schemas say; what ends sessions is said", async () => {
    await using database = await roleDatabase("postgres", {
      ...HOSTILE_SETTINGS,
      idle_in_transaction_session_timeout: "10min",
      default_transaction_read_only: "off",
    });
    await addHostilePath(database);
    const options = { ...database.options, schema: "gov" };
    await migratePostgres(options);
    expect(await verifyPostgresSchema(options)).toEqual([]);
    await using storage = await openPostgresStorage(options);
    const ts = new Date(Date.now() - 5000);
    const payload = { n: 0.1 + 0.2, text: "it's \\n", nothing: null, list: [1e300, 5e-324] };
    await storage.audit.append([{ ts, agentId: "a", action: "tool_call", decision: "allow", payload }]);
    const { items } = await storage.audit.query({ agentId: "a" });
    expect(items).toMatchObject([{ ts, payload }]);
    expect(items[0]?.recordedAt.getTime()).toBeGreaterThan(ts.getTime());
    await storage.metrics.record([{ ts, metric: "m", value: 0.1 + 0.2 }]);
    const range = { from: new Date(ts.getTime() - 1), to: new Date() };
    const [series] = await storage.metrics.query({ metric: "m", aggregate: "sum", ...range });
    expect(series?.points[0]?.value).toBe(0.1 + 0.2);
    const { notes = [], status } = await storage.health();
    expect(status).toBe("ok");
    const role = `role "${database.role}"`;
    expect(notes.slice(1)).toEqual([
      expect.stringMatching(
        new RegExp(`^idle_in_transaction_session_timeout = 10min of the ${role}.* ends connections`),
      ),
      expect.stringMatching(new RegExp(`^statement_timeout = 1ms of the ${role}.* does not count`)),
      expect.stringMatching(new RegExp(`^lock_timeout = 1ms of the ${role}.* does not count`)),
    ]);
  });

  it("of a role that refuses writes says so in health and in errors", async () => {
    await using database = await roleDatabase("postgres");
    await migratePostgres({ ...database.options, schema: "gov" });
    await database.root.unsafe(`ALTER ROLE ${database.role} SET default_transaction_read_only = on`);
    await using storage = await openPostgresStorage({ ...database.options, schema: "gov" });
    expect((await storage.health()).notes?.slice(1)).toEqual([
      expect.stringMatching(/default_transaction_read_only = on.*refuses all writes/),
    ]);
    const appending = storage.audit.append([{ ts: new Date(), agentId: "a", action: "x", decision: "allow" }]);
    await expect(appending).rejects.toThrow(/read-only \(default_transaction_read_only\)/);
  });

  it("whose triggers are off is refused", async () => {
    await using database = await plainDatabase("postgres", "triggers");
    await migratePostgres(database.options);
    const options = {
      ...database.options,
      url: `${database.options.url}?options=-c%20session_replication_role%3Dreplica`,
    };
    await expect(openPostgresStorage(options)).rejects.toThrow(/session_replication_role = replica/);
  });

  describe(...needing("own-servers", "through a pooler that keeps settings from the server"), () => {
    it("is refused with what to run; then it is open, and its limits are said", async () => {
      const limits = { statement_timeout: "9s", lock_timeout: "0" };
      await using database = await roleDatabase("postgres", { ...HOSTILE_SETTINGS, ...limits });
      const { role, root } = database;
      const schema = "gov";
      await migratePostgres({ ...database.options, schema });
      await addHostilePath(database);
      const bouncer = await startPgBouncer({ serverUrl: database.options.url, poolMode: "transaction" });
      try {
        const url = bouncer.url(new URL(database.options.url).pathname.slice(1));
        const options = { url, schema, timescaledb: "off", prepare: false } as const;
        const opening = openPostgresStorage(options);
        await expect(opening).rejects.toMatchObject({ code: "unsupported" });
        const { remedy = "" } = (await opening.catch((error: unknown) => error)) as { remedy?: string };
        for (const name of ["extra_float_digits", "array_nulls", "default_transaction_isolation", "search_path"]) {
          expect(remedy).toContain(`ALTER ROLE "${role}" IN DATABASE`);
          expect(remedy).toContain(`SET ${name} = `);
        }
        await expect(migratePostgres(options)).rejects.toMatchObject({ code: "unsupported" });
        // The remedy as it is said.
        for (const statement of remedy.matchAll(/ALTER ROLE [^;]+;/g)) await root.unsafe(statement[0]);
        await root`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ${role}`;
        await using storage = await openPostgresStorage(options);
        expect(await storage.audit.count()).toBe(0);
        expect((await storage.health()).notes?.slice(1)).toEqual([
          expect.stringMatching(/^statement_timeout = 9s of the role .* ends statements/),
        ]);
      } finally {
        await bouncer.stop();
      }
    });
  });
});

describe.each(["postgres", "postgres-15"] as const)("rights on %s", (profile) => {
  const EVENT = { ts: new Date(), agentId: "a", action: "x", decision: "allow" };

  describe(...needing(profile, "that are missing"), () => {
    it("to make tables are named with role, schema and what to run, by a plan too, and nothing is made", async () => {
      await using database = await roleDatabase(profile);
      const { root, role, options } = database;
      await root.unsafe("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
      for (const dryRun of [true, false]) {
        const migrating = migratePostgres(options, { dryRun });
        await expect(migrating).rejects.toMatchObject({ code: "permission_denied", option: "options.schema" });
        await expect(migrating).rejects.toThrow(
          `GRANT USAGE, CREATE ON SCHEMA "public" TO "${role}"; as "postgres" or a superuser`,
        );
      }
      expect(await root`SELECT 1 FROM pg_class WHERE relname = 'aasm_migrations'`).toHaveLength(0);
      await root.unsafe(`GRANT USAGE, CREATE ON SCHEMA public TO ${role}`);
      expect((await migratePostgres(options)).steps.length).toBeGreaterThan(0);
    });

    it("to make a schema, to use one, to read and to change its tables are named, too", async () => {
      await using database = await roleDatabase(profile);
      const { root, role, options } = database;
      const name = new URL(options.url).pathname.slice(1);
      await root.unsafe(`REVOKE CREATE ON DATABASE ${name} FROM ${role}`);
      await expect(migratePostgres({ ...options, schema: "gov" }, { dryRun: true })).rejects.toThrow(
        `CREATE SCHEMA "gov" AUTHORIZATION "${role}"; or GRANT CREATE ON DATABASE "${name}" TO "${role}";`,
      );
      await migratePostgres({ url: await adminUrl(root, options.url), timescaledb: "off", schema: "gov" });
      const own = { ...options, schema: "gov" };
      const opening = () => openPostgresStorage(own);
      await expect(opening()).rejects.toThrow(`GRANT USAGE ON SCHEMA "gov" TO "${role}"; as `);
      await root.unsafe(`GRANT USAGE ON SCHEMA gov TO ${role}`);
      await expect(opening()).rejects.toThrow(/may not read the tables of the schema "gov".*GRANT aasm_writer TO/);
      await root.unsafe(`GRANT SELECT ON ALL TABLES IN SCHEMA gov TO ${role}`);
      await using storage = await openPostgresStorage(own);
      await expect(storage.audit.append([EVENT])).rejects.toMatchObject({
        code: "permission_denied",
        message: expect.stringMatching(/permission denied for table audit_events/),
      });
      await root.unsafe(`DELETE FROM gov.aasm_migrations WHERE version > 1; GRANT CREATE ON SCHEMA gov TO ${role}`);
      await expect(migratePostgres(own, { dryRun: true })).rejects.toThrow(
        /may not change the tables of the schema "gov", which belong to/,
      );
    });
  });
});

/** The superuser's URL of the database. */
async function adminUrl(root: postgres.Sql, url: string): Promise<string> {
  const [{ name } = { name: "" }] = await root<{ name: string }[]>`SELECT current_user AS name`;
  const admin = new URL(url);
  admin.username = name;
  return admin.href;
}
