import type { StorageBackend } from "@agent-assembly/storage-core";
import { createDatabase } from "@agent-assembly/test-services";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, afterEach, expect, it } from "vitest";
import { openPostgresStorage } from "../../src/backend.js";
import { migratePostgres } from "../../src/migrate.js";
import type { PostgresStorageOptions } from "../../src/options.js";
import { onServer, ReplicatedPair } from "../setup/replicated-pair.js";
import { collectTail, EVENT } from "../support/tails.js";

/** Of one append each, which is one transaction. */
const KEPT = 10;
const LOST = 5;

const refused = (message: RegExp): object => ({ code: "invalid_argument", message: expect.stringMatching(message) });
const LACKS = /options\.after was made before a standby took over.*from: <time>/;

/** After an asynchronous promotion, servers have one history up to it, and then another. */
describeNeeding("own-servers", "a standby that is promoted without the last commits", async () => {
  const pair = await ReplicatedPair.start();
  const opened: StorageBackend[] = [];
  afterAll(() => pair.stop());
  afterEach(async () => {
    for (const storage of opened.splice(0)) await storage.close();
  });
  const open = async (url: string, more: Partial<PostgresStorageOptions> = {}): Promise<StorageBackend> => {
    const storage = await openPostgresStorage({ url, timescaledb: "off", tailPollMs: 50, minConnections: 0, ...more });
    opened.push(storage);
    return storage;
  };
  const append = async (storage: StorageBackend, name: string, count: number): Promise<string[]> => {
    const names = Array.from({ length: count }, (_, n) => `${name}-${n}`);
    for (const agentId of names) await storage.audit.append([{ ts: new Date(), ...EVENT, agentId }]);
    return names;
  };
  const stored = async (storage: StorageBackend): Promise<string[]> => {
    const agents: string[] = [];
    for await (const { agentId } of storage.audit.stream({}, { order: "oldest" })) agents.push(agentId);
    return agents;
  };

  /** A database on both servers, events of which the standby has those named `kept`, and the positions behind each part. */
  const lose = async (name: string) => {
    const database = await createDatabase(pair.primary.url, name);
    await migratePostgres({ url: database.url, timescaledb: "off" });
    await pair.addStandby();
    const storage = await open(pair.urlOf(database.name), { appendTimeoutMs: 60_000 });
    const tail = collectTail(storage);
    while (tail.items.length === 0) await append(storage, "first", 1);
    const kept = await append(storage, "kept", KEPT);
    await expect.poll(() => tail.agents.at(-1)).toBe(kept.at(-1));
    const [today] = await storage.partitions.list("audit");
    if (today === undefined) throw new Error("there is no partition");
    const [keptAt, measured] = [tail.position, await storage.partitions.measure(today)];
    await pair.caughtUp();
    await pair.cutOff();
    const lost = await append(storage, "lost", LOST);
    await expect.poll(() => tail.agents).toEqual(expect.arrayContaining(lost));
    const lostMeasure = await storage.partitions.measure(today);
    return { storage, tail, today, keptAt, measured, lost, lostAt: tail.position, lostMeasure };
  };
  const names = (count: number): string[] => Array.from({ length: count }, (_, n) => `kept-${n}`);

  it("refuses positions behind a lost commit, before it stored anything and after, and goes on from all others", {
    timeout: 300_000,
  }, async (context) => {
    if (!pair.replicates) return context.skip("the server runs in Docker, which gives no standby");
    const { storage, tail, today, keptAt, lost, lostAt, measured, lostMeasure } = await lose("lost_commits");
    await pair.failOver();

    // Nothing was stored on the new primary yet.
    await expect(collectTail(storage, lostAt).until(1)).rejects.toMatchObject(refused(LACKS));
    await expect(collectTail(storage, lostAt).until(1)).rejects.toThrow(`${LOST} of the last `);
    // The tail that lived through it.
    await expect(tail.until(Number.POSITIVE_INFINITY)).rejects.toMatchObject(refused(LACKS));
    const waiting = collectTail(storage, keptAt);
    const fresh = collectTail(storage);

    // More transactions than were lost, so that their numbers are given to others.
    const appended = await append(storage, "new", 3 * LOST);
    for (const follower of [waiting, collectTail(storage, keptAt)]) {
      await follower.until(appended.length);
      await follower.end();
      expect(follower.agents).toEqual(appended);
    }
    await expect.poll(() => fresh.agents.at(-1)).toBe(appended.at(-1));
    await fresh.end();
    await expect(collectTail(storage, lostAt).until(1)).rejects.toMatchObject(refused(LACKS));

    const agents = await stored(storage);
    const acknowledged = [...names(KEPT), ...lost, ...appended];
    expect(acknowledged.filter((agent) => !agents.includes(agent))).toEqual(lost);
    expect(agents.slice(-KEPT - appended.length)).toEqual([...names(KEPT), ...appended]);

    const read = async (asOf: string | undefined): Promise<number> => {
      let rows = 0;
      for await (const _ of storage.partitions.read(today, { asOf })) rows++;
      return rows;
    };
    expect(await read(measured.asOf)).toBe(measured.rows);
    await expect(read(lostMeasure.asOf)).rejects.toMatchObject(refused(/options\.asOf .*Measure the partition again/));
    expect((await storage.partitions.measure(today)).rows).toBe(agents.length);
  });

  it("does so when it was restarted meanwhile, and does not know any more where it took over", {
    timeout: 300_000,
  }, async (context) => {
    if (!pair.replicates) return context.skip("the server runs in Docker, which gives no standby");
    const { storage, keptAt, lostAt } = await lose("lost_then_restarted");
    await pair.failOver();
    await pair.primary.restart("fast");
    await expect(collectTail(storage, lostAt).until(1)).rejects.toMatchObject(refused(LACKS));
    const waiting = collectTail(storage, keptAt);
    const appended = await append(storage, "new", 3 * LOST);
    await expect(collectTail(storage, lostAt).until(1)).rejects.toMatchObject(refused(LACKS));
    for (const follower of [waiting, collectTail(storage, keptAt)]) {
      await follower.until(appended.length);
      await follower.end();
      expect(follower.agents).toEqual(appended);
    }
  });

  it("and keeps its connections, over which a tail and appends go on", { timeout: 300_000 }, async (context) => {
    if (!pair.replicates) return context.skip("the server runs in Docker, which gives no standby");
    const database = await createDatabase(pair.primary.url, "promoted_alive");
    await migratePostgres({ url: database.url, timescaledb: "off" });
    await pair.addStandby();
    const there = new URL(pair.standby.url);
    there.pathname = `/${database.name}`;
    const [writer, reader] = [await open(database.url), await open(there.href)];
    const tail = collectTail(reader);
    while (tail.items.length === 0) await append(writer, "first", 1);
    await append(writer, "before", 20);
    await expect.poll(() => tail.agents.at(-1)).toBe("before-19");
    const pid = await backendOf(there.href);
    await writer.close();
    await pair.failOver();
    const appended = await append(reader, "after", 20);
    await expect.poll(() => tail.agents.at(-1)).toBe("after-19");
    await tail.end();
    const names = Array.from({ length: 20 }, (_, n) => `before-${n}`);
    expect(tail.agents.filter((agent) => !agent.startsWith("first"))).toEqual([...names, ...appended]);
    expect(await backendOf(there.href)).toEqual(pid);
  });
});

/** When the oldest connection of a store to a database was made. */
async function backendOf(url: string): Promise<unknown> {
  return onServer(url, async (sql) => {
    const [row] = await sql`SELECT min(backend_start)::text AS start FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'aasm'`;
    return row;
  });
}
