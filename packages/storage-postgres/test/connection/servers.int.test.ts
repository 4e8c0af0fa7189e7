import { createServer } from "node:net";
import type { StorageBackend } from "@agent-assembly/storage-core";
import type { TableStateSupport } from "@agent-assembly/storage-core/state";
import { createDatabase, type PostgresServer, startPostgres, type TestDatabase } from "@agent-assembly/test-services";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openPostgresStorage } from "../../src/backend.js";
import { currentServer } from "../../src/driver/client/connect.js";
import { Pool } from "../../src/driver/pool.js";
import { migratePostgres } from "../../src/migrate.js";
import { type PostgresStorageOptions, parsePostgresOptions } from "../../src/options.js";
import { collectTail, EVENT } from "../support/tails.js";

const event = () => ({ ts: new Date(), ...EVENT });

function portOf(url: string): string {
  return new URL(url).port;
}

/** A port that refuses connections. */
async function deadPort(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

/** A port that takes connections and closes them, as a balancer does whose servers are down. */
async function closingPort(): Promise<{ port: string; stop: () => void }> {
  const server = createServer((socket) => socket.on("error", () => undefined).end()).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return { port: String((server.address() as { port: number }).port), stop: () => server.close() };
}

describeNeeding("own-servers", "several servers", async () => {
  const primary = await startPostgres({ timescaledb: false, fsync: false });
  afterAll(primary.stop);
  describe.skipIf(primary.programs === undefined)("one of which is a standby (outside Docker)", () => {
    let standby: PostgresServer;
    let database: TestDatabase;
    let dead: string;
    const opened: StorageBackend[] = [];
    const hosts = (...ports: string[]): string => ports.map((port) => `127.0.0.1:${port}`).join(",");
    const urlOf = (ports: string[], attributes: string): string =>
      `postgres://postgres@${hosts(...ports)}/${database.name}?target_session_attrs=${attributes}`;
    const open = async (url: string, more: Partial<PostgresStorageOptions> = {}): Promise<StorageBackend> => {
      const storage = await openPostgresStorage({ url, timescaledb: "off", ...more });
      opened.push(storage);
      return storage;
    };
    const serverOf = async (storage: StorageBackend): Promise<unknown> => (await storage.health()).details?.server;

    beforeAll(async () => {
      database = await createDatabase(primary.url, "servers");
      await migratePostgres({ url: database.url, timescaledb: "off" });
      standby = await startPostgres({ timescaledb: false, fsync: false, standbyOf: primary });
      dead = await deadPort();
    });
    afterEach(async () => {
      for (const storage of opened.splice(0)) await storage.close();
    });
    afterAll(() => standby?.stop());

    it("are used in their order, past one that is down", async () => {
      const live = portOf(primary.url);
      for (const attributes of ["any", "read-write", "primary"]) {
        const storage = await open(urlOf([dead, live], attributes));
        expect(await storage.audit.append([event()])).toMatchObject({ inserted: 1 });
        expect(await serverOf(storage)).toBe(`127.0.0.1:${live}`);
      }
      const url = `postgres://postgres@${hosts(dead, live)}/${database.name}`;
      expect(await migratePostgres({ url, timescaledb: "off" })).toMatchObject({ steps: [] });
    });

    it("are used past one that closes every connection, as a balancer does without servers", async () => {
      const closing = await closingPort();
      const live = portOf(primary.url);
      try {
        const storage = await open(urlOf([closing.port, live], "read-write"));
        expect(await storage.audit.append([event()])).toMatchObject({ inserted: 1 });
        expect(await serverOf(storage)).toBe(`127.0.0.1:${live}`);
        const alone = open(`postgres://postgres@127.0.0.1:${closing.port}/${database.name}`);
        await expect(alone).rejects.toMatchObject({ code: "unavailable" });
      } finally {
        closing.stop();
      }
    });

    it.each([
      ["read-write", ["standby", "primary"], "primary"],
      ["primary", ["standby", "primary"], "primary"],
      ["standby", ["primary", "standby"], "standby"],
      ["read-only", ["primary", "standby"], "standby"],
      ["prefer-standby", ["primary", "standby"], "standby"],
      ["prefer-standby", ["dead", "primary"], "primary"],
      ["any", ["standby", "primary"], "standby"],
    ] as const)("with target_session_attrs=%s of %j are left for the %s", async (attributes, order, wanted) => {
      const ports = { primary: portOf(primary.url), standby: portOf(standby.url), dead };
      const storage = await open(
        urlOf(
          order.map((name) => ports[name]),
          attributes,
        ),
      );
      expect(await serverOf(storage)).toBe(`127.0.0.1:${ports[wanted]}`);
      expect(await storage.audit.count()).toBeGreaterThanOrEqual(0);
    });

    it("of which none is what is wanted are an error that says what each is", async () => {
      const opening = open(urlOf([dead, portOf(standby.url)], "read-write"), { appendTimeoutMs: 100 });
      await expect(opening).rejects.toMatchObject({ code: "unavailable", retryable: true });
      await expect(opening).rejects.toThrow(
        `127.0.0.1:${dead} does not answer (ECONNREFUSED), 127.0.0.1:${portOf(standby.url)} is a standby, and target_session_attrs=read-write`,
      );
      await expect(open(urlOf([portOf(standby.url)], "primary"))).rejects.toThrow(/is a standby/);
      const login = `postgres://nobody:x@${hosts(portOf(primary.url), dead)}/${database.name}`;
      await expect(open(login)).rejects.toMatchObject({ code: "permission_denied" });
    });

    it("whatever the environment says to the driver", async () => {
      process.env.PGTARGETSESSIONATTRS = "any";
      try {
        const storage = await open(`postgres://postgres@${hosts(dead, portOf(primary.url))}/${database.name}`);
        expect(await storage.audit.count()).toBeGreaterThan(0);
      } finally {
        delete process.env.PGTARGETSESSIONATTRS;
      }
    });

    it("share their connections, so that a process uses one server", async () => {
      const url = urlOf([portOf(standby.url), portOf(primary.url)], "read-write");
      const pool = new Pool({ ...parsePostgresOptions({ url }), maxConnections: 6, applicationName: "aasm test" });
      const ports = await Promise.all(
        Array.from({ length: 12 }, () =>
          pool.transaction(async (sql) => (await sql<{ port: string }[]>`SHOW port`.simple())[0]?.port),
        ),
      );
      expect(new Set(ports)).toEqual(new Set([portOf(primary.url)]));
      expect(String(currentServer(pool.options).port)).toBe(portOf(primary.url));
      await pool.close();
    });

    it("are changed when one becomes read-only, as before it is shut down", async () => {
      const other = await startPostgres({ timescaledb: false, fsync: false });
      try {
        await postgresOf(other.url, (sql) => sql.unsafe(`CREATE DATABASE ${database.name}`));
        const there = new URL(other.url);
        there.pathname = `/${database.name}`;
        await migratePostgres({ url: there.href, timescaledb: "off" });
        const storage = await open(urlOf([there.port, portOf(primary.url)], "read-write"));
        expect(await storage.audit.append([event()])).toMatchObject({ inserted: 1 });
        expect(await serverOf(storage)).toBe(`127.0.0.1:${there.port}`);
        await postgresOf(other.url, async (sql) => {
          await sql.unsafe("ALTER SYSTEM SET default_transaction_read_only = on");
          await sql.unsafe("SELECT pg_reload_conf()");
        });
        // A session hears of it when it next does something.
        await expect
          .poll(async () => {
            await storage.audit.append([event()]);
            return serverOf(storage);
          })
          .toBe(`127.0.0.1:${portOf(primary.url)}`);
        expect(await storage.agents.register({ agentId: "after" })).toMatchObject({ revision: 1 });
      } finally {
        await other.stop();
      }
    }, 300_000);

    it("are changed when the primary dies and the standby is promoted: the same store goes on", async () => {
      const url = urlOf([portOf(primary.url), portOf(standby.url)], "read-write");
      const storage = await open(url, { appendTimeoutMs: 60_000 });
      const approvals = (storage.stateSupport as TableStateSupport).openApprovals({});
      const { requestId } = await approvals.submit({ agentId: "a", action: "tool_call", request: {} });
      const waiting = approvals.wait(requestId);
      await storage.audit.append([event()]);
      const replica = postgres(standby.url, { max: 1, onnotice: () => undefined });
      const [{ at } = { at: "" }] = await postgresOf(
        primary.url,
        (sql) => sql<{ at: string }[]>`SELECT pg_current_wal_lsn() AS at`,
      );
      await expect
        .poll(async () => (await replica`SELECT pg_last_wal_replay_lsn() >= ${at}::pg_lsn AS there`)[0]?.there)
        .toBe(true);
      await primary.kill();
      const appending = storage.audit.append([event()]);
      await replica`SELECT pg_promote()`;
      await replica.end();
      expect(await appending).toMatchObject({ inserted: 1 });
      expect(await serverOf(storage)).toBe(`127.0.0.1:${portOf(standby.url)}`);
      const tail = collectTail(storage);
      while (tail.items.length === 0) await storage.audit.append([event()]);
      await tail.end();
      await approvals
        .claim(requestId, { approver: "me" })
        .then(({ digest }) => approvals.decide(requestId, { approver: "me", verdict: "approve", digest }));
      expect((await waiting).state).toBe("approved");
      await approvals.close();
    }, 300_000);
  });
});

async function postgresOf<T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}
