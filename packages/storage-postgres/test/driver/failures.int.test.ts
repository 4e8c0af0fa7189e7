import { inspect } from "node:util";
import {
  isStorageError,
  type NewAuditEvent,
  type StorageBackend,
  type StorageError,
} from "@agent-assembly/storage-core";
import type { TableStateSupport } from "@agent-assembly/storage-core/state";
import {
  createDatabase,
  type PostgresServer,
  type SwallowingProxy,
  startPostgres,
  startSwallowingProxy,
  type TestDatabase,
} from "@agent-assembly/test-services";
import { isMissing, needing } from "@agent-assembly/test-services/needing";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openPostgresStorage } from "../../src/backend.js";
import { migratePostgres } from "../../src/migrate.js";
import type { PostgresStorageOptions } from "../../src/options.js";

const PASSWORD = "never-in-a-message";
const LIMITS = { connectTimeoutMs: 1000, statementTimeoutMs: 1000, appendTimeoutMs: 1000 } as const;
/** Longer than any of the failures takes: for what must wait until it is over. */
const PATIENT = { appendTimeoutMs: 60_000 } as const;

/** A server of its own, because it is misconfigured and restarted. */
const server = isMissing("own-servers") ? undefined : await startPostgres({ timescaledb: false });

function event(): NewAuditEvent {
  return { ts: new Date(), agentId: "a", action: "tool_call", decision: "allow" };
}

/** What was thrown, which must be typed, come although nothing is better yet, and keep the password to itself. */
async function failure(work: () => Promise<unknown>): Promise<StorageError> {
  const error: unknown = await work().then(
    (result) => expect.fail(`it did not fail but gave ${inspect(result)}`),
    (thrown: unknown) => thrown,
  );
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(PASSWORD);
  if (!isStorageError(error)) throw error;
  expect(error.message).toMatch(/^PostgreSQL/);
  return error;
}

describe(...needing("own-servers", "a server that fails"), () => {
  let database: TestDatabase;
  let proxy: SwallowingProxy;
  let admin: postgres.Sql;
  const opened: StorageBackend[] = [];

  beforeAll(async () => {
    const { url } = server as PostgresServer;
    database = await createDatabase(url, "failures");
    await migratePostgres({ url: database.url, timescaledb: "off" });
    admin = postgres(database.url, { max: 1, onnotice: () => undefined });
    // Whoever has a password must give it; the superuser of the tests has none.
    const [{ hba_file: file } = {}] = await admin<{ hba_file: string }[]>`SHOW hba_file`;
    const lines = "(VALUES ('host all postgres all trust'), ('host all all all scram-sha-256'))";
    await admin.unsafe(`COPY ${lines} TO '${file}'`);
    await admin`SELECT pg_reload_conf()`;
    await admin.unsafe(`
      CREATE ROLE app LOGIN PASSWORD '${PASSWORD}';
      CREATE ROLE stranger LOGIN PASSWORD '${PASSWORD}';
      CREATE ROLE nobody NOLOGIN PASSWORD '${PASSWORD}';
      GRANT ALL ON ALL TABLES IN SCHEMA public TO app;
      GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO app;
      GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO app`);
    proxy = await startSwallowingProxy(urlOf("app"));
  });
  afterEach(async () => {
    await proxy.setMode("pass");
    await Promise.all(opened.splice(0).map((storage) => storage.close()));
  });
  afterAll(async () => {
    await proxy?.stop();
    await admin?.end({ timeout: 5 });
    await server?.stop();
  });

  function urlOf(user: string, change: (url: URL) => void = () => undefined): string {
    const url = new URL(database.url);
    url.username = user;
    url.password = PASSWORD;
    change(url);
    return url.href;
  }

  async function open(url: string, options: Partial<PostgresStorageOptions> = {}): Promise<StorageBackend> {
    const storage = await openPostgresStorage({ url, timescaledb: "off", ...LIMITS, ...options });
    opened.push(storage);
    return storage;
  }

  describe("when the storage is opened", () => {
    it("is not there", async () => {
      await proxy.setMode("refuse");
      const error = await failure(() => open(proxy.url));
      expect(error).toMatchObject({ code: "unavailable", retryable: true, operation: "open", backend: "postgres" });
      expect(error.message).toContain(new URL(proxy.url).host);
    });

    it("has no such name", async () => {
      const url = urlOf("app", (one) => {
        one.hostname = "does-not-exist.invalid";
      });
      expect(await failure(() => open(url))).toMatchObject({ code: "unavailable", retryable: true });
    });

    it("does not answer", async () => {
      await proxy.setMode("swallow");
      const error = await failure(() => open(proxy.url));
      expect(error).toMatchObject({ code: "timeout", retryable: true });
      await failure(() => open(proxy.url, { migrate: "auto" }));
    });

    it.each([
      ["a wrong password", "app", "another-secret"],
      ["a user that does not exist", "unknown", PASSWORD],
      ["a user that may not log in", "nobody", PASSWORD],
    ])("refuses %s", async (_what, user, password) => {
      const url = urlOf(user, (one) => {
        one.password = password;
      });
      const error = await failure(() => open(url));
      expect(error).toMatchObject({ code: "permission_denied", retryable: false });
      expect(error.message).toContain("refuses this user or password");
      expect(inspect(error, { depth: 10 })).not.toContain(password);
    });

    it("has no such database", async () => {
      const url = urlOf("app", (one) => {
        one.pathname = "/nowhere";
      });
      const error = await failure(() => open(url));
      expect(error).toMatchObject({ code: "not_found", retryable: false });
      expect(error.message).toContain("/nowhere");
    });

    it("gives no rights", async () => {
      const denied = { code: "permission_denied", retryable: false };
      expect(await failure(() => open(urlOf("stranger")))).toMatchObject(denied);
      expect(await failure(() => open(urlOf("stranger"), { schema: "other", migrate: "auto" }))).toMatchObject(denied);
    });

    it.each(["require", "verify-full"] as const)("does not support TLS, which ssl %s asks for", async (ssl) => {
      const wanted = {
        code: "unsupported",
        retryable: false,
        message: expect.stringContaining("does not support TLS"),
      };
      expect(await failure(() => open(urlOf("app"), { ssl }))).toMatchObject(wanted);
      expect(await failure(() => open(`${urlOf("app")}?sslmode=${ssl}`))).toMatchObject(wanted);
      expect(await failure(() => open(urlOf("app"), { ssl, migrate: "auto" }))).toMatchObject(wanted);
    });

    it("does not support TLS, which nobody insists on", async () => {
      await open(urlOf("app"), { ssl: "prefer" });
      await open(`${urlOf("app")}?sslmode=disable`);
    });
  });

  describe("when it is used", () => {
    it("is read-only", async () => {
      await admin.unsafe(`ALTER DATABASE ${database.name} SET default_transaction_read_only = on`);
      try {
        const storage = await open(urlOf("app"));
        expect(await storage.audit.query()).toMatchObject({ items: expect.any(Array) });
        const denied = { code: "permission_denied", retryable: false, message: expect.stringContaining("read-only") };
        expect(await failure(() => storage.audit.append([event()]))).toMatchObject(denied);
        expect(await failure(() => storage.audit.append(Array.from({ length: 100 }, event)))).toMatchObject(denied);
        expect(await failure(() => storage.agents.register({ agentId: "a" }))).toMatchObject(denied);
      } finally {
        await admin.unsafe(`ALTER DATABASE ${database.name} RESET default_transaction_read_only`);
      }
    });

    it("has no connection left, and then has again", async () => {
      const storage = await open(urlOf("app"), { maxConnections: 4, minConnections: 0 });
      const patient = await open(urlOf("app"), { ...PATIENT, maxConnections: 4, minConnections: 0 });
      await admin.unsafe(`ALTER ROLE app CONNECTION LIMIT 1`);
      const idle = postgres(urlOf("app"), { max: 1, onnotice: () => undefined });
      try {
        await admin`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'`;
        await idle`SELECT 1`;
        const full = { code: "unavailable", retryable: true };
        expect(await failure(() => storage.audit.query())).toMatchObject(full);
        const appended = patient.audit.append([event()]);
        await failure(() => storage.audit.append([event()]));
        await idle.end();
        expect(await appended).toMatchObject({ inserted: 1 });
      } finally {
        await idle.end();
        await admin.unsafe(`ALTER ROLE app CONNECTION LIMIT -1`);
      }
    });

    it("stops answering, and answers again", { timeout: 300_000 }, async () => {
      const storage = await open(proxy.url);
      const patient = await open(proxy.url, PATIENT);
      await storage.audit.append([event()]);
      await proxy.setMode("swallow");
      const waiting = patient.audit.append([event()]);
      const late = { code: "timeout", retryable: true };
      const [health, ...errors] = await Promise.all([
        storage.health(),
        failure(() => storage.audit.query()),
        failure(() => storage.agents.get("a")),
        failure(() => storage.policies.list()),
        failure(() => storage.audit.append([event()])),
      ]);
      expect(health.status).toBe("down");
      for (const error of errors) expect(["timeout", "unavailable"]).toContain(error.code);
      expect(await failure(() => storage.audit.count())).toMatchObject(late);

      // All of this failed while the other one went on trying.
      await proxy.setMode("pass");
      expect(await waiting).toMatchObject({ inserted: 1 });
      expect((await storage.audit.query({}, { limit: 1 })).items).toHaveLength(1);
      expect((await storage.health()).status).toBe("ok");
    });

    it("goes away, and comes back", { timeout: 300_000 }, async () => {
      const storage = await open(proxy.url);
      const patient = await open(proxy.url, PATIENT);
      await storage.audit.append([event()]);
      await proxy.setMode("refuse");
      const waiting = patient.audit.append([event()]);
      const gone = { code: "unavailable", retryable: true };
      expect(await failure(() => storage.audit.query())).toMatchObject(gone);
      expect(await failure(() => storage.agents.register({ agentId: "b" }))).toMatchObject(gone);
      expect(await failure(() => storage.metrics.record([{ ts: new Date(), metric: "m", value: 1 }]))).toMatchObject(
        gone,
      );
      expect((await storage.health()).status).toBe("down");
      expect(await failure(() => storage.audit.append([event()]))).toMatchObject(gone);

      // All of this failed while the other one went on trying.
      await proxy.setMode("pass");
      expect(await waiting).toMatchObject({ inserted: 1 });
      expect((await storage.agents.register({ agentId: "b" })).revision).toBe(1);
      expect((await storage.health()).status).toBe("ok");
    });

    it.each(["fast", "immediate"] as const)(
      "is restarted (%s) while it is used",
      { timeout: 300_000 },
      async (mode) => {
        const storage = await open(urlOf("app"), PATIENT);
        const before = await storage.audit.count();
        let stop = false;
        const appending = (async () => {
          let appended = 0;
          while (!stop) appended += (await storage.audit.append([event()])).inserted;
          return appended;
        })();
        const reading = (async () => {
          const codes = new Set<string>();
          while (!stop) {
            await storage.audit.query({}, { limit: 1 }).catch((error: StorageError) => codes.add(error.code));
            await new Promise((resolve) => setTimeout(resolve, 10));
          }
          return codes;
        })();
        await (server as PostgresServer).restart(mode);
        await expect.poll(async () => (await storage.health()).status, { timeout: 20_000 }).toBe("ok");
        stop = true;
        const appended = await appending;
        for (const code of await reading) expect(["unavailable", "timeout"]).toContain(code);
        expect(await storage.audit.count()).toBe(before + appended);
        expect((await storage.health()).status).toBe("ok");
      },
    );

    it("is down for a while, and those who wait for an approval go on waiting", { timeout: 300_000 }, async () => {
      const storage = await open(urlOf("app"));
      const approvals = (storage.stateSupport as TableStateSupport).openApprovals({ pollMs: 50 });
      const { requestId, digest } = await approvals.submit({ agentId: "a", action: "b", request: 1 });
      const waiting = approvals.wait(requestId);
      await (server as PostgresServer).kill();
      const lookedFor = approvals.get(requestId).catch((error: StorageError) => error.code);
      expect(["unavailable", "timeout"]).toContain(await lookedFor);
      // One who waits has looked and found it gone.
      await new Promise((resolve) => setTimeout(resolve, 200));
      await (server as PostgresServer).restart("fast");
      await expect.poll(async () => (await approvals.health()).status, { timeout: 20_000 }).toBe("ok");
      await approvals.decide(requestId, { approver: "me", verdict: "approve", digest });
      expect(await waiting).toMatchObject({ state: "approved" });
    });
  });
});
