import { randomUUID } from "node:crypto";
import type { NewAuditEvent, StorageBackend } from "@agent-assembly/storage-core";
import { type PgBouncer, startPgBouncer } from "@agent-assembly/test-services";
import { isMissing, needing } from "@agent-assembly/test-services/needing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPostgresStorage } from "../../src/backend.js";
import { migratePostgres, postgresMigrationStatus } from "../../src/migrate.js";
import { POSTGRES_MIGRATIONS } from "../../src/schema/migrations.js";
import { emptyDatabase, type OwnDatabase, type PostgresProfile, serverOf } from "../setup/database.js";

const PROFILES: readonly PostgresProfile[] = ["postgres", "timescale-apache", "timescale-community"];
const DAY_MS = 86_400_000;
const NOW = Date.now();

/** Fewer server connections than clients use, so that they change hands. */
const FEW = { default_pool_size: "4" };

/** `undefined` where it cannot be had. */
async function bouncerOf(profile: PostgresProfile, settings: Record<string, string>): Promise<PgBouncer | undefined> {
  const serverUrl = serverOf(profile)?.url;
  if (serverUrl === undefined || isMissing("own-servers")) return undefined;
  return startPgBouncer({ serverUrl, poolMode: "transaction", settings });
}

function events(count: number, agentId: string, daysAgo = 0): NewAuditEvent[] {
  return Array.from({ length: count }, (_, n) => ({
    ts: new Date(NOW - daysAgo * DAY_MS - n),
    agentId,
    action: "tool_call",
    decision: "allow",
    payload: { n },
  }));
}

describe.each(PROFILES)("through PgBouncer in transaction mode on %s", async (profile) => {
  const bouncer = await bouncerOf(profile, FEW);

  describe(...needing(isMissing(profile) ? profile : "own-servers", "with prepare: false"), () => {
    let database: OwnDatabase;
    let url: string;
    let first: StorageBackend;
    let second: StorageBackend;

    beforeAll(async () => {
      database = await emptyDatabase(profile, "bouncer");
      url = (bouncer as PgBouncer).url(new URL(database.options.url).pathname.slice(1));
      const options = { url, prepare: false, timescaledb: database.options.timescaledb, maxConnections: 8 };
      const reports = await Promise.all([migratePostgres(options), migratePostgres(options)]);
      const { length } = POSTGRES_MIGRATIONS;
      expect(reports.map(({ to }) => to)).toEqual([length, length]);
      expect((await postgresMigrationStatus(options)).state).toBe("current");
      [first, second] = await Promise.all([openPostgresStorage(options), openPostgresStorage(options)]);
    });
    afterAll(async () => {
      await Promise.all([first?.close(), second?.close()]);
      await bouncer?.stop();
      await database?.drop();
    });

    it("stores single events and batches once, also when they are sent again", async () => {
      const singles = events(50, "single").map((event) => first.audit.append([event]));
      const batches = [first, second].map((storage, i) => storage.audit.append(events(1000, `batch-${i}`)));
      for (const { inserted } of await Promise.all(singles)) expect(inserted).toBe(1);
      for (const { inserted } of await Promise.all(batches)) expect(inserted).toBe(1000);
      const { items } = await second.audit.query({}, { limit: 200 });
      expect(items).toHaveLength(200);
      expect(await first.audit.append(items)).toMatchObject({ inserted: 0, duplicates: 200 });
      expect(await second.audit.count()).toBe(2050);
      let streamed = 0;
      for await (const _ of first.audit.stream({ agentId: "batch-1" })) streamed++;
      expect(streamed).toBe(1000);
      expect(await first.audit.summarize({}, { groupBy: ["decision"] })).toMatchObject([{ count: 2050 }]);
    });

    it("changes one agent from two processes one at a time", async () => {
      await first.agents.register({ agentId: "shared" });
      const changes = Array.from({ length: 40 }, (_, n) => {
        const { agents } = n % 2 === 0 ? first : second;
        return agents.setEnforcementMode("shared", n % 3 === 0 ? "shadow" : "observe");
      });
      const revisions = (await Promise.all(changes)).map(({ revision }) => revision);
      expect(new Set(revisions).size).toBe(40);
      expect((await second.agents.get("shared"))?.revision).toBe(41);
    });

    it("numbers the versions of one policy in both", async () => {
      const saves = Array.from({ length: 20 }, (_, n) => {
        const { policies } = n % 2 === 0 ? first : second;
        return policies.save({ name: "p", format: "json", source: `{"n":${n}}` }, { actor: "me" });
      });
      const versions = (await Promise.all(saves)).map(({ version }) => version);
      expect(versions.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
      await first.policies.activate("p", 3, { actor: "me" });
      await second.policies.activate("p", 4, { actor: "me" });
      expect((await first.policies.active("p"))?.version).toBe(4);
    });

    it("records metrics and adds them up", async () => {
      const samples = Array.from({ length: 6000 }, (_, n) => ({ ts: new Date(NOW - n), metric: "tokens", value: 1 }));
      expect(await first.metrics.record(samples)).toMatchObject({ recorded: 6000 });
      const range = { from: new Date(NOW - DAY_MS), to: new Date(NOW + 1) };
      const [series] = await second.metrics.query({ metric: "tokens", aggregate: "sum", ...range });
      expect(series?.points[0]?.value).toBe(6000);
      await first.metrics.define({ name: "requests", kind: "cumulative", decimals: 0 });
      const read = (n: number) =>
        [first, second][n % 2]?.metrics.record([{ ts: new Date(NOW + n), metric: "requests", value: n }]);
      for (let n = 0; n < 20; n++) expect(await read(n)).toMatchObject({ recorded: 1 });
      const later = { from: new Date(NOW), to: new Date(NOW + 1000) };
      const [requests] = await first.metrics.query({ metric: "requests", aggregate: "sum", ...later });
      expect(requests?.points[0]?.exact).toBe("19");
      expect(await second.metrics.list({ prefix: "requests" })).toMatchObject([{ samples: 20 }]);
    });

    it("follows what the other one appends, by looking for it", async () => {
      const tail = first.audit.tail({ agentId: "tailed" })[Symbol.asyncIterator]();
      let listens = false;
      const begin = tail.next().finally(() => {
        listens = true;
      });
      // It begins where the log ends once it has asked, which takes a moment.
      const early = await sent(second, 1);
      while (!listens) early.push(...(await sent(second, 1)));
      const late = await sent(second, 5);
      const wanted = [...early, ...late];
      const told = [(await begin).value.event.eventId];
      while (told.at(-1) !== wanted.at(-1)) told.push((await tail.next()).value.event.eventId);
      expect(told).toEqual(wanted.slice(-told.length));
      expect(told.length).toBeGreaterThan(late.length);
      await tail.return?.();
    });

    it("gives a lease to one of the two", async () => {
      const asked = await Promise.all(
        [first, second].map(({ retentionSupport }) => retentionSupport.lease("work", 60_000)),
      );
      const [held, ...others] = asked.filter((lease) => lease !== undefined);
      expect(others).toEqual([]);
      expect(await held?.renew()).toBe(true);
      await held?.release();
    });

    it("decides a request for approval once, and the other one hears of it by looking", async () => {
      const [one, other] = [first, second].map((store) => store.stateSupport?.openApprovals?.({ pollMs: 50 }));
      const request = { requestId: "r", agentId: "a", action: "b", request: { n: 1 } };
      const { digest } = (await one?.submit(request)) ?? {};
      const waiting = other?.wait("r");
      const how = { verdict: "approve", digest: digest as string } as const;
      const raced = await Promise.allSettled(
        Array.from({ length: 10 }, (_, n) => (n % 2 === 0 ? one : other)?.decide("r", { ...how, approver: `${n}` })),
      );
      expect(raced.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      expect((await waiting)?.state).toBe("approved");
    });

    it("tells of an activation of the other one, by looking for it", async () => {
      const events: string[] = [];
      const end = second.stateSupport?.policyChanges?.subscribe(({ type }) => events.push(type));
      await expect.poll(() => events.at(-1), { timeout: 5000 }).toBe("resumed");
      await first.policies.save({ name: "told", source: "{}", format: "json" }, { actor: "me" });
      await first.policies.activate("told", 1, { actor: "me" });
      await expect.poll(() => events.at(-1), { timeout: 5000 }).toBe("invalidated");
      end?.();
    });

    it("looks after old events", async () => {
      await first.audit.append(events(100, "old", 40));
      const [partition] = await first.partitions.list("audit");
      if (partition === undefined) throw new Error("there is no partition");
      expect(partition.rows).toBe(100);
      if (profile === "timescale-community") expect((await first.partitions.compress(partition)).tier).toBe("warm");
      expect(await second.partitions.drop(partition, { expect: { rows: 100 } })).toEqual({ rows: 100 });
    });

    it("is healthy", async () => {
      expect(await first.health()).toMatchObject({ status: "ok" });
    });

    it("says what is wrong when prepare: false was forgotten", async () => {
      const { timescaledb } = database.options;
      const forgotten = {
        code: "invalid_argument",
        retryable: false,
        message: expect.stringContaining("Set options.prepare to false"),
      };
      for (const migrate of ["auto", "check", "off"] as const) {
        await expect(openPostgresStorage({ url, timescaledb, migrate })).rejects.toMatchObject(forgotten);
      }
      await expect(migratePostgres({ url, timescaledb })).rejects.toMatchObject(forgotten);
    });
  });
});

/** Appends one at a time. @returns them in the order they were sent, which is newest first */
/** Appends them one after the other. @returns their ids, in that order */
async function sent({ audit }: StorageBackend, count: number): Promise<string[]> {
  const sending = events(count, "tailed").map((event) => ({ ...event, eventId: randomUUID() }));
  for (const event of sending) await audit.append([event]);
  return sending.map(({ eventId }) => eventId);
}
