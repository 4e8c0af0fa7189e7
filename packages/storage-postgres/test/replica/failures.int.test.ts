import type { AuditEvent, NewAuditEvent, StorageBackend } from "@agent-assembly/storage-core";
import {
  createDatabase,
  type PostgresServer,
  startPostgres,
  startSwallowingProxy,
} from "@agent-assembly/test-services";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { AuditReader } from "../../src/audit/reader.js";
import { Pool } from "../../src/driver/pool.js";
import { PrimaryServer } from "../../src/driver/read-server.js";
import { parsePostgresOptions } from "../../src/options.js";
import { openReplica } from "../../src/replica/open-replica.js";
import { Reads } from "../../src/replica/reads.js";
import type { Replica } from "../../src/replica/replica.js";
import { RoutedAuditReader } from "../../src/replica/routed-reader.js";
import { EVENT } from "../support/tails.js";
import { type Replicated, replicated } from "./replicated.js";

const START = Date.UTC(2026, 0, 5);
const ANY_TIME = { limits: { maxAgeMs: 100 * 365 * 86_400_000 } };
const ALL = { from: undefined, to: undefined, texts: [], dryRun: undefined, payload: [] };
/** Nothing listens there. */
const DEAD = "postgres://postgres@127.0.0.1:1/postgres";

function secondsOf(count: number): NewAuditEvent[] {
  return Array.from({ length: count }, (_, n) => ({ ...EVENT, agentId: `agent-${n}`, ts: new Date(START + n * 1000) }));
}

describeNeeding("own-servers", "a replica that cannot be read from", async () => {
  const primary = await startPostgres({ timescaledb: false, fsync: false });
  afterAll(primary.stop);
  describe.skipIf(primary.programs === undefined)("(outside Docker)", () => {
    let servers: Replicated;
    beforeAll(async () => {
      servers = await replicated(primary);
    });
    afterEach(async () => {
      await servers.tidy();
      await servers.onPrimary`TRUNCATE audit_events`;
    });
    afterAll(() => servers?.stop());

    const onReplica = async (storage: StorageBackend) => Number((await storage.health()).details.readsOnReplica);
    const filled = async (count: number): Promise<StorageBackend> => {
      const writer = await servers.open(ANY_TIME);
      await writer.audit.append(secondsOf(count));
      const storage = await servers.open(ANY_TIME);
      await servers.caughtUp();
      return storage;
    };
    const agentsOf = (events: readonly AuditEvent[]): string[] => events.map(({ agentId }) => agentId);
    const inOrder = (count: number): string[] => Array.from({ length: count }, (_, n) => `agent-${n}`);

    it("because it was killed: reads go on, a stream behind its last event, and return when it is back", async () => {
      const storage = await filled(5000);
      expect(await storage.audit.count()).toBe(5000);
      expect(await onReplica(storage)).toBe(1);
      const streamed: AuditEvent[] = [];
      for await (const event of storage.audit.stream()) {
        streamed.push(event);
        if (streamed.length === 700) await servers.standby.kill();
      }
      expect(agentsOf(streamed)).toEqual(inOrder(5000));
      expect(await storage.audit.count()).toBe(5000);
      const health = await storage.health();
      expect(health).toMatchObject({ status: "degraded", details: { readsOnReplica: 1, readsOnPrimary: 2 } });
      expect(health.problems).toEqual([
        expect.stringMatching(/^the replica 127\.0\.0\.1:\d+\/\w+ cannot be read from: /),
      ]);
      await servers.standby.restart("fast");
      await expect
        .poll(async () => {
          expect(await storage.audit.count()).toBe(5000);
          return onReplica(storage);
        })
        .toBeGreaterThan(1);
      expect((await storage.health()).status).toBe("ok");
    }, 300_000);

    it("because it is restarted while many read: none fails", async () => {
      const storage = await filled(100);
      let isOver = false;
      const reading = Array.from({ length: 4 }, async () => {
        while (!isOver) expect(await storage.audit.count()).toBe(100);
      });
      await servers.standby.restart("immediate");
      await servers.standby.restart("fast");
      const before = await onReplica(storage);
      await expect.poll(() => onReplica(storage)).toBeGreaterThan(before);
      isOver = true;
      await Promise.all(reading);
    }, 300_000);

    it("because what it replays ends a read, which goes on behind its last event", async () => {
      await filled(5000);
      await servers.onReplica.unsafe("ALTER SYSTEM SET max_standby_streaming_delay = 0");
      await servers.onReplica.unsafe("SELECT pg_reload_conf()");
      const options = parsePostgresOptions({ url: servers.url, replicaUrl: servers.replicaUrl, timescaledb: "off" });
      const pool = new Pool({ ...options, applicationName: "aasm test" });
      onTestFinished(() => pool.close());
      const replica = (await openReplica(pool, options, false)) as Replica;
      onTestFinished(() => replica.pool.close());
      const reads = new Reads(new PrimaryServer(pool), replica);
      // Every batch is slow enough for a cursor, which keeps a lock.
      const times = { slowSliceMs: -1, idleMs: 600_000 };
      const reader = new AuditReader(pool, "public.audit_events", new AbortController().signal, times);
      const agents: string[] = [];
      let conflicts = 0;
      for await (const rows of new RoutedAuditReader(reader, reads).slices(ALL, "oldest", undefined)) {
        agents.push(...rows.map(({ agentId }) => agentId));
        if (agents.length !== 1500) continue;
        await servers.onPrimary.begin((sql) => sql.unsafe("LOCK TABLE audit_events IN ACCESS EXCLUSIVE MODE"));
        await servers.caughtUp();
        const [row] = await servers.onReplica`
          SELECT confl_lock + confl_snapshot + confl_bufferpin AS n FROM pg_stat_database_conflicts
          WHERE datname = current_database()`;
        conflicts = Number(row?.n);
      }
      expect(agents).toEqual(inOrder(5000));
      expect(conflicts).toBeGreaterThan(0);
    }, 300_000);

    it("because the network swallows what is sent: the primary answers, once it has not said what it is for a while", async () => {
      await filled(10);
      const proxy = await startSwallowingProxy(servers.replicaUrl);
      onTestFinished(proxy.stop);
      const storage = await servers.open({ ...ANY_TIME, replicaUrl: proxy.url, statementTimeoutMs: 1000 });
      await servers.caughtUp();
      expect(await storage.audit.count()).toBe(10);
      await proxy.setMode("swallow");
      expect(await storage.audit.count()).toBe(10);
      expect(await storage.health()).toMatchObject({
        status: "degraded",
        details: { readsOnReplica: 1, readsOnPrimary: 1 },
      });
      await proxy.setMode("pass");
      await expect
        .poll(async () => {
          expect(await storage.audit.count()).toBe(10);
          return onReplica(storage);
        })
        .toBeGreaterThan(1);
    }, 300_000);

    it("because it is down when the store is opened: opening succeeds, and health says it", async () => {
      const storage = await servers.open({ replicaUrl: DEAD });
      expect(await storage.audit.count()).toBe(0);
      expect(await storage.health()).toMatchObject({
        status: "degraded",
        problems: [expect.stringMatching(/^the replica 127\.0\.0\.1:1\/postgres cannot be read from: .*ECONNREFUSED/)],
        details: { readsOnReplica: 0, readsOnPrimary: 1 },
      });
    });

    describe("because it is none", () => {
      const opening = (replicaUrl: string) => servers.open({ replicaUrl });
      const another = async (): Promise<PostgresServer> => {
        const server = await startPostgres({ timescaledb: false, fsync: false });
        onTestFinished(server.stop);
        return server;
      };

      it("but a server with other data: refused", async () => {
        const { url } = await another();
        const refused = opening(url);
        await expect(refused).rejects.toMatchObject({ code: "invalid_argument", option: "options.replicaUrl" });
        await expect(refused).rejects.toThrow(
          /options\.replicaUrl leads to a server that is no physical copy of the primary/,
        );
      });

      it("but another database of the same server: refused", async () => {
        const { url, drop } = await createDatabase(primary.url, "other");
        onTestFinished(drop);
        await servers.caughtUp();
        const there = new URL(servers.replicaUrl);
        there.pathname = new URL(url).pathname;
        await expect(opening(there.href)).rejects.toThrow(/options\.replicaUrl leads to another database/);
        there.pathname = "/missing";
        await expect(opening(there.href)).rejects.toMatchObject({ code: "not_found", option: "options.replicaUrl" });
      });

      it("but the primary: refused, unless its URL says that there may be no standby", async () => {
        await expect(opening(servers.url)).rejects.toThrow(/leads to a server that is not a standby.*prefer-standby/);
        const storage = await opening(`${servers.url}?target_session_attrs=prefer-standby`);
        expect(await storage.audit.count()).toBe(0);
        const health = await storage.health();
        expect(health).toMatchObject({ status: "ok", details: { readsOnReplica: 0, readsOnPrimary: 1 } });
        expect(health.notes).toContainEqual(expect.stringMatching(/is not a standby now/));
      });

      it("but a login that it refuses: refused, and no password is shown", async () => {
        const there = new URL(servers.replicaUrl);
        there.username = "nobody";
        there.password = "sesame";
        const refused = opening(there.href);
        await expect(refused).rejects.toMatchObject({ code: "permission_denied", option: "options.replicaUrl" });
        await expect(refused).rejects.not.toThrow(/sesame/);
      });
    });

    it("any more, since it was promoted: reads go to the primary", async () => {
      const own = await replicated(primary);
      onTestFinished(own.stop);
      const storage = await own.open();
      await own.caughtUp();
      expect(await storage.audit.count()).toBe(0);
      await own.onReplica`SELECT pg_promote()`;
      await storage.audit.append([{ ...EVENT, ts: new Date() }]);
      expect(await storage.audit.count()).toBe(1);
      const health = await storage.health();
      expect(health.problems).toEqual([expect.stringMatching(/leads to a server that is not a standby/)]);
      expect(health.details).toMatchObject({ readsOnReplica: 1 });
      await storage.close();
    }, 300_000);

    it("leaves no connection behind when the store is closed", async () => {
      const storage = await servers.open();
      await Promise.all(Array.from({ length: 8 }, () => storage.audit.count()));
      await storage.close();
      for (const sql of [servers.onPrimary, servers.onReplica]) {
        await expect.poll(() => sql`SELECT FROM pg_stat_activity WHERE application_name LIKE 'aasm%'`).toHaveLength(0);
      }
      await expect(storage.audit.count()).rejects.toMatchObject({ code: "closed" });
    });
  });
});
