import type { NewAuditEvent, StorageBackend } from "@agent-assembly/storage-core";
import { startPostgres } from "@agent-assembly/test-services";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { EVENT } from "../support/tails.js";
import { type Replicated, replicated } from "./replicated.js";

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 5);

/** One event each minute, with the agent's name for its number. */
function minute(n: number, agentId = `agent-${n}`): NewAuditEvent {
  return { ...EVENT, agentId, ts: new Date(START + n * 60_000) };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const ANY_TIME = { limits: { maxAgeMs: 100 * 365 * DAY } };

describeNeeding("own-servers", "reads of a store with a replica", async () => {
  const primary = await startPostgres({ timescaledb: false, fsync: false });
  afterAll(primary.stop);
  describe.skipIf(primary.programs === undefined)("(outside Docker)", () => {
    let servers: Replicated;
    beforeAll(async () => {
      servers = await replicated(primary);
    });
    afterEach(async () => {
      await servers.tidy();
      await servers.onPrimary`TRUNCATE audit_events, metrics, metric_totals, pending_metric_totals, metric_series`;
    });
    afterAll(() => servers?.stop());

    const writer = (): Promise<StorageBackend> =>
      servers.open({ replicaUrl: undefined, maxReplicaLagMs: undefined, ...ANY_TIME });
    const reader = (): Promise<StorageBackend> => servers.open(ANY_TIME);
    const readsOf = async (storage: StorageBackend) => {
      const { readsOnReplica, readsOnPrimary } = (await storage.health()).details;
      return { readsOnReplica, readsOnPrimary };
    };

    it("go to the replica, and see what it has replayed", async () => {
      const [one, other] = [await writer(), await reader()];
      await one.audit.append([minute(1), minute(2)]);
      await one.metrics.record([{ metric: "m", value: 1, ts: new Date(START), labels: { k: "old" } }]);
      await servers.caughtUp();
      await servers.pause();
      await one.audit.append([minute(3)]);
      await one.metrics.record([{ metric: "m", value: 1, ts: new Date(START), labels: { k: "new" } }]);

      expect(await other.audit.count()).toBe(2);
      expect((await other.audit.query()).items.map(({ agentId }) => agentId)).toEqual(["agent-2", "agent-1"]);
      expect((await all(other.audit.stream())).length).toBe(2);
      expect(await other.audit.summarize({}, { groupBy: ["agentId"] })).toHaveLength(2);
      const range = { metric: "m", from: new Date(START), to: new Date(START + DAY), aggregate: "sum" } as const;
      for (const timeZone of ["UTC", "Europe/Lisbon", "Asia/Kathmandu"]) {
        const series = await other.metrics.query({ ...range, bucket: { every: "1d", timeZone } });
        expect(
          series.flatMap(({ points }) => points.map(({ value }) => value)).filter((value) => value !== null),
        ).toEqual([1]);
      }
      expect((await other.metrics.list({ prefix: "m" }))[0]).toMatchObject({ samples: 1 });
      expect((await other.metrics.labelValues({ metric: "m", by: "labels.k" })).values).toHaveLength(1);
      expect((await readsOf(other)).readsOnPrimary).toBe(0);

      await servers.resume();
      await expect.poll(() => other.audit.count()).toBe(3);
      expect(
        await servers.onReplica`SELECT FROM pg_stat_activity WHERE application_name = 'aasm replica'`,
      ).not.toHaveLength(0);
    });

    it("see what was stored before the store was opened, and all own writes, from the primary", async () => {
      const one = await writer();
      await servers.caughtUp();
      await servers.pause();
      await one.audit.append([minute(1)]);
      const other = await reader();
      expect(await other.audit.count()).toBe(1);
      for (let n = 2; n < 20; n++) {
        await other.audit.append([minute(n)]);
        expect((await other.audit.query({}, { limit: 1 })).items[0]).toMatchObject({ agentId: `agent-${n}` });
        expect(await other.audit.count()).toBe(n);
      }
      await other.metrics.define({ name: "cents", kind: "delta", decimals: 2 });
      await other.metrics.record([{ metric: "cents", value: 1.25, ts: new Date(START) }]);
      const range = { metric: "cents", from: new Date(START), to: new Date(START + DAY), aggregate: "sum" } as const;
      expect((await other.metrics.query(range))[0]?.points[0]).toMatchObject({ value: 1.25 });
      await other.agents.register({ agentId: "agent-1", metadata: { team: "red" } });
      expect(await other.audit.summarize({ agentId: "agent-1" }, { groupBy: ["agent.metadata.team"] })).toHaveLength(1);
      expect((await readsOf(other)).readsOnReplica).toBe(0);

      await servers.resume();
      await expect
        .poll(async () => {
          // One more records that the agent was registered.
          expect(await other.audit.count()).toBe(20);
          return (await readsOf(other)).readsOnReplica;
        })
        .toBeGreaterThan(0);
    });

    it("see own writes while many are written and read at once", async () => {
      const other = await reader();
      const loop = async (w: number): Promise<void> => {
        for (let n = 0; n < 60; n++) {
          await other.audit.append([minute(n, `loop-${w}`)]);
          expect(await other.audit.count({ agentId: `loop-${w}` })).toBe(n + 1);
        }
      };
      await Promise.all([0, 1, 2, 3, 4, 5].map(loop));
    }, 300_000);

    it("see what a tail of the store has delivered", async () => {
      const [one, other] = [await writer(), await reader()];
      await servers.caughtUp();
      const stop = new AbortController();
      const seen: number[] = [];
      const tailing = (async () => {
        for await (const { event } of other.audit.tail({}, { signal: stop.signal })) {
          seen.push(await other.audit.count({ agentId: event.agentId }));
          if (seen.length === 3) return;
        }
      })();
      await servers.pause();
      await expect
        .poll(async () => {
          await one.audit.append([{ ...EVENT, ts: new Date(), agentId: `tailed-${seen.length}-${Math.random()}` }]);
          return seen.length;
        })
        .toBe(3);
      stop.abort();
      await tailing;
      expect(seen).toEqual([1, 1, 1]);
    });

    it("behind a cursor see all that its page saw, though another process read that from the primary", async () => {
      const [one, other] = [await writer(), await reader()];
      await one.audit.append(Array.from({ length: 10 }, (_, n) => minute(n)));
      await servers.caughtUp();
      await servers.pause();
      // It comes late, and belongs behind the first page.
      await one.audit.append([minute(7.5, "late")]);
      const first = await one.audit.query({}, { limit: 4, order: "oldest" });
      expect(await other.audit.count()).toBe(10);
      const rest = await other.audit.query({}, { limit: 10, order: "oldest", cursor: first.next });
      expect(rest.items.map(({ agentId }) => agentId)).toEqual([
        "agent-4",
        "agent-5",
        "agent-6",
        "agent-7",
        "late",
        "agent-8",
        "agent-9",
      ]);
      await servers.resume();
      await servers.caughtUp();
      const { readsOnPrimary } = await readsOf(other);
      expect(readsOnPrimary).toBe(1);
      expect((await other.audit.query({}, { limit: 10, order: "oldest", cursor: first.next })).items).toEqual(
        rest.items,
      );
      expect((await readsOf(other)).readsOnPrimary).toBe(1);
    });

    it("for archives see all rows up to the position that was measured", async () => {
      const [one, other] = [await writer(), await reader()];
      await one.audit.append([minute(1), minute(2)]);
      await servers.caughtUp();
      const [day] = await other.partitions.list("audit");
      if (day === undefined) throw new Error("there is no partition");
      await servers.pause();
      await one.audit.append([minute(3)]);
      const { rows, asOf } = await one.partitions.measure(day);
      expect(rows).toBe(3);
      await one.audit.append([minute(4)]);
      expect(await other.audit.count()).toBe(2);
      expect(await all(other.partitions.read(day, { asOf }))).toHaveLength(3);
      await servers.resume();
      await servers.caughtUp();
      const { readsOnReplica } = await readsOf(other);
      expect(await all(other.partitions.read(day, { asOf }))).toHaveLength(3);
      expect((await readsOf(other)).readsOnReplica).toBe(Number(readsOnReplica) + 1);
    });

    it("that decide are answered by the primary", async () => {
      const [one, other] = [await writer(), await reader()];
      await servers.caughtUp();
      await servers.pause();
      await one.agents.register({ agentId: "new" });
      await one.policies.save({ name: "p", source: "a: 1" }, { actor: "me" });
      await one.audit.append([minute(1)]);
      await one.holds.place({ agentId: "agent-1", reason: "case 7", actor: "ann" });
      expect(await other.agents.get("new")).toMatchObject({ agentId: "new" });
      expect(await other.policies.list()).toHaveLength(1);
      expect((await other.partitions.list("audit"))[0]).toMatchObject({ rows: 1 });
      expect(await other.holds.list()).toHaveLength(1);
      expect(await readsOf(other)).toEqual({ readsOnReplica: 0, readsOnPrimary: 0 });
    });

    it("need no rights but to read the tables", async () => {
      await servers.onPrimary.unsafe(`CREATE ROLE replica_reader LOGIN; GRANT USAGE ON SCHEMA public TO replica_reader;
        GRANT SELECT ON ALL TABLES IN SCHEMA public TO replica_reader`);
      await servers.caughtUp();
      const as = (url: string): string => url.replace("//postgres@", "//replica_reader@");
      const storage = await servers.open({ url: as(servers.url), replicaUrl: as(servers.replicaUrl) });
      await servers.caughtUp();
      expect(await storage.audit.count()).toBe(0);
      expect(await storage.health()).toMatchObject({ status: "ok", details: { readsOnReplica: 1, readsOnPrimary: 0 } });
    });

    it("go to the primary while the replica is further behind than allowed; one that is idle is not behind", async () => {
      const [one, other] = [await writer(), await servers.open({ ...ANY_TIME, maxReplicaLagMs: 300 })];
      await one.audit.append([minute(1)]);
      await servers.caughtUp();
      await new Promise((resolve) => setTimeout(resolve, 1000));
      expect(await other.audit.count()).toBe(1);
      expect(await readsOf(other)).toEqual({ readsOnReplica: 1, readsOnPrimary: 0 });
      expect(await other.health()).toMatchObject({ status: "ok", details: { replicaLagMs: 0, replicaLagBytes: 0 } });

      await servers.pause();
      await one.audit.append([minute(2)]);
      await expect.poll(() => other.audit.count()).toBe(2);
      await expect.poll(async () => (await other.health()).details.replicaLagMs).toBeGreaterThan(300);
      const health = await other.health();
      expect(health).toMatchObject({ status: "degraded", details: { replicaLagBytes: expect.any(Number) } });
      expect(health.problems).toEqual([
        expect.stringMatching(/^the replica 127.0.0.1:\d+\/\w+: it is \d+ ms behind, and maxReplicaLagMs is 300/),
      ]);

      await servers.resume();
      await servers.caughtUp();
      await expect.poll(async () => (await other.health()).status).toBe("ok");
    });
  });
});
