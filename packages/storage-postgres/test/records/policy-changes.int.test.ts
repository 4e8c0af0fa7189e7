import type { StorageBackend } from "@agent-assembly/storage-core";
import type { InvalidationEvent } from "@agent-assembly/storage-core/state";
import { startSwallowingProxy } from "@agent-assembly/test-services";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { openPostgresStorage } from "../../src/backend.js";
import { channelOf, NotificationListener } from "../../src/driver/listener.js";
import { openPolicyChanges } from "../../src/records/policy-changes.js";
import { databaseOfFile, type PostgresProfile, poolOn } from "../setup/database.js";

const SHORT = { probeEvery: 50, probeTimeout: 500, retry: 50 };
/** The longest name a schema can have: a channel's name would be longer. */
const LONG = "s".repeat(63);

describe.each<PostgresProfile>(["postgres", "postgres-15"])("policy changes on %s", (profile) => {
  describeNeeding(profile, "as processes hear of them", async () => {
    const database = await databaseOfFile(profile, "changes");
    const root = postgres(database.url, { max: 1, onnotice: () => undefined });
    const options = { ...database, maxConnections: 4, minConnections: 0 };
    let writer: StorageBackend;
    let reader: StorageBackend;
    beforeAll(async () => {
      writer = await openPostgresStorage(options);
      reader = await openPostgresStorage(options);
      for (let n = 1; n <= 5; n++) await writer.policies.save({ name: "p", source: `n: ${n}` }, { actor: "me" });
    });
    afterAll(async () => {
      await Promise.all([writer?.close(), reader?.close()]);
      await root.end();
    });

    /** What a subscriber of a store is told, from the moment that messages arrive. */
    async function told(store: StorageBackend): Promise<InvalidationEvent[]> {
      const events: InvalidationEvent[] = [];
      const end = store.stateSupport?.policyChanges?.subscribe((event) => events.push(event));
      onTestFinished(() => end?.());
      await expect.poll(() => events.at(-1)?.type).toBe("resumed");
      events.splice(0);
      return events;
    }

    async function listeners(): Promise<number[]> {
      const rows = await root<{ pid: number }[]>`
        SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'aasm listening'`;
      return rows.map(({ pid }) => pid);
    }

    it("tells of activations and rollbacks of others, and of its own before they resolve", async () => {
      const events = await told(reader);
      const own = await told(writer);
      await writer.policies.activate("p", 1, { actor: "me" });
      expect(own[0]).toEqual({ type: "invalidated", name: "p" });
      await expect.poll(() => events).toEqual([{ type: "invalidated", name: "p" }]);
      await writer.policies.activate("p", 2, { actor: "me" });
      await writer.policies.rollback("p", { actor: "me" });
      await expect.poll(() => events).toHaveLength(3);
    });

    it("says nothing of a change that was refused or rolled back", async () => {
      const events = await told(reader);
      await expect(writer.policies.activate("p", 99, { actor: "me" })).rejects.toMatchObject({ code: "not_found" });
      await root`ALTER TABLE policy_activations ADD CONSTRAINT none CHECK (actor <> 'nobody')`;
      await expect(writer.policies.activate("p", 3, { actor: "nobody" })).rejects.toMatchObject({ code: "conflict" });
      // Would come before what is told now.
      await writer.policies.activate("p", 5, { actor: "me" });
      await expect.poll(() => events, { timeout: 20_000 }).toHaveLength(1);
    });

    it("listens over one connection, tails and approvals included, and none before it is needed", async () => {
      const before = await listeners();
      await using other = await openPostgresStorage(options);
      await other.policies.active("p");
      expect(await listeners()).toHaveLength(before.length);
      await told(other);
      const tail = other.audit.tail({})[Symbol.asyncIterator]();
      const next = tail.next();
      const queue = other.stateSupport?.openApprovals?.();
      const one = await queue?.submit({ agentId: "a", action: "b", request: 1 });
      const waiting = queue?.wait(one?.requestId ?? "");
      await expect.poll(listeners, { timeout: 20_000 }).toHaveLength(before.length + 1);
      await queue?.decide(one?.requestId ?? "", { approver: "x", verdict: "deny", digest: one?.digest ?? "" });
      expect((await waiting)?.state).toBe("denied");
      await writer.audit.append([{ ts: new Date(), agentId: "a", action: "b", decision: "allow" }]);
      expect((await next).done).toBe(false);
      await tail.return?.();
      await other.close();
      await expect.poll(listeners).toHaveLength(before.length);
    });

    it("says when the connection is lost, and when messages arrive again", async () => {
      const events = await told(reader);
      for (const pid of await listeners()) await root`SELECT pg_terminate_backend(${pid})`;
      await expect.poll(() => events.map(({ type }) => type), { timeout: 20_000 }).toEqual(["interrupted", "resumed"]);
      await writer.policies.activate("p", 4, { actor: "me" });
      await expect.poll(() => events.at(-1)).toEqual({ type: "invalidated", name: "p" });
    });

    it("notices a connection that has fallen silent, and begins anew when the network is back", async () => {
      const proxy = await startSwallowingProxy(database.url);
      onTestFinished(() => proxy.stop());
      // Statements hang for longer than the test takes: nothing else tells it.
      const pool = poolOn({ ...database, url: proxy.url }, { connectTimeoutMs: 1000 });
      const closing = new AbortController();
      const listening = new NotificationListener(pool, closing.signal, SHORT);
      onTestFinished(async () => {
        closing.abort();
        await listening.ended();
        await pool.close(0);
      });
      const events: InvalidationEvent[] = [];
      openPolicyChanges(pool, listening, closing.signal).subscribe((event) => events.push(event));
      await expect.poll(() => events.at(-1)?.type, { timeout: 20_000 }).toBe("resumed");
      await proxy.setMode("swallow");
      await expect.poll(() => events.at(-1)?.type, { timeout: 20_000 }).toBe("interrupted");
      await proxy.setMode("pass");
      await expect.poll(() => events.at(-1)?.type, { timeout: 20_000 }).toBe("resumed");
      await writer.policies.activate("p", 3, { actor: "me" });
      await expect.poll(() => events.at(-1)).toEqual({ type: "invalidated", name: "p" });
    });

    it("tells those who come later how it is", async () => {
      await told(reader);
      const events: InvalidationEvent[] = [];
      reader.stateSupport?.policyChanges?.subscribe((event) => events.push(event))();
      expect(events).toEqual([{ type: "resumed" }]);
    });

    it("takes the longest name of a schema", async () => {
      expect(Buffer.byteLength(channelOf(LONG, "policies"))).toBeLessThanOrEqual(63);
      await using store = await openPostgresStorage({ ...options, schema: LONG, migrate: "auto" });
      const events = await told(store);
      await store.policies.save({ name: "q", source: "{}", format: "json" }, { actor: "me" });
      await store.policies.activate("q", 1, { actor: "me" });
      await expect.poll(() => events).toEqual(Array(2).fill({ type: "invalidated", name: "q" }));
    });

    it("looks at intervals where nobody can listen, as through a pooler", async () => {
      await using store = await openPostgresStorage({ ...options, prepare: false });
      const events = await told(store);
      await writer.policies.activate("p", 1, { actor: "me" });
      await writer.policies.activate("p", 2, { actor: "me" });
      await expect.poll(() => events.length, { timeout: 20_000 }).toBe(2);
      // What was told once is not told again by the next look.
      await writer.policies.activate("p", 4, { actor: "me" });
      await expect.poll(() => events.length, { timeout: 20_000 }).toBeGreaterThan(2);
      expect(events).toEqual(Array(3).fill({ type: "invalidated", name: "p" }));
    });
  });
});
