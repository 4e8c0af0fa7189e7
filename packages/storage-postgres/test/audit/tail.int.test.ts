import { setTimeout as sleep } from "node:timers/promises";
import type { StorageBackend } from "@agent-assembly/storage-core";
import { openPostgresStorage } from "@agent-assembly/storage-postgres";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, expect, it } from "vitest";
import { type DatabaseOptions, databaseOfFile, poolOn } from "../setup/database.js";
import { collectTail, EVENT, INSERT, listeningTail } from "../support/tails.js";

describeNeeding("postgres", "a tail beside transactions that commit late", async () => {
  const database: DatabaseOptions = await databaseOfFile("postgres", "tail");
  const reader = await openPostgresStorage({ ...database, tailPollMs: 50 });
  const writer = await openPostgresStorage(database);
  const pool = poolOn(database);
  afterAll(async () => {
    await reader.close();
    await writer.close();
    await pool.close();
  });

  it("hears of what was appended just before another store closed, without looking by itself", async () => {
    const patient = await openPostgresStorage({ ...database, tailPollMs: 60_000 });
    const tail = await listeningTail(patient, writer);
    const brief = await openPostgresStorage({ ...database, minConnections: 0 });
    await brief.audit.append([{ ts: new Date(), ...EVENT, agentId: "last" }]);
    await brief.close();
    await tail.until(1);
    await tail.end();
    await patient.close();
    expect(tail.items.map(({ event }) => event.agentId)).toEqual(["last"]);
  });

  it("costs who appends and then reads no second connection", async () => {
    const openedByOne = async (): Promise<number> => {
      const [start] = await pool.run((sql) => sql<{ now: string }[]>`SELECT clock_timestamp() AS now`);
      const one = await openPostgresStorage({ ...database, minConnections: 0 });
      await one.audit.append([{ ts: new Date(), ...EVENT }]);
      await one.audit.count();
      const [opened] = await pool.run(
        (sql) => sql`
          SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'aasm'
            AND backend_start > ${start?.now as string}::timestamptz`,
      );
      await one.close();
      return opened?.n as number;
    };
    // Where reading takes longer than others may be kept waiting, they are told over a second one.
    await expect.poll(openedByOne).toBe(1);
  });

  it("delivers what its own store appends after the call, however late the server says where the log ends", async () => {
    await reader.audit.append([{ ts: new Date(), ...EVENT }]);
    const { tail, append } = await pool.transaction(async (sql) => {
      await sql.unsafe("LOCK TABLE audit_timelines IN ACCESS EXCLUSIVE MODE");
      const called = reader.audit.tail()[Symbol.asyncIterator]();
      const appended = reader.audit.append([{ ts: new Date(), ...EVENT, agentId: "after" }]);
      await Promise.race([appended, sleep(200)]);
      return { tail: called, append: appended };
    });
    await append;
    await reader.audit.append([{ ts: new Date(), ...EVENT, agentId: "later" }]);
    const first = await tail.next();
    await tail.return?.();
    expect(first.value?.event.agentId).toBe("after");
  });

  it("delivers what is committed, whatever stays open, and the rest when it is committed", async () => {
    const tail = await listeningTail(reader, writer);
    await pool.transaction(async (sql) => {
      await sql.unsafe(INSERT, ["late"]);
      await writer.audit.append([{ ts: new Date(), ...EVENT, agentId: "early" }]);
      await tail.until(1);
    });
    await tail.until(2);
    await tail.end();
    expect(tail.items.map(({ event }) => event.agentId)).toEqual(["early", "late"]);
  });

  it("goes on when the first one is rolled back", async () => {
    const tail = await listeningTail(reader, writer);
    const rolledBack = pool.transaction(async (sql) => {
      await sql.unsafe(INSERT, ["never"]);
      await writer.audit.append([{ ts: new Date(), ...EVENT, agentId: "kept" }]);
      throw new Error("rolled back");
    });
    await expect(rolledBack).rejects.toThrow("rolled back");
    await tail.until(1);
    await tail.end();
    expect(tail.items.map(({ event }) => event.agentId)).toEqual(["kept"]);
  });

  it("delivers each event once among writers of all speeds, also when it is resumed", {
    timeout: 300_000,
  }, async () => {
    let tail = await listeningTail(reader, writer);
    const seen: string[] = [];
    const slow = async (n: number) => {
      for (let i = 0; i < 10; i++) {
        await pool.transaction(async (sql) => {
          await sql.unsafe(INSERT, [`slow-${n}-${i}`]);
          await sleep(Math.random() * 60);
        });
      }
    };
    const fast = async (storage: StorageBackend, n: number) => {
      for (let i = 0; i < 100; i++) {
        await storage.audit.append([{ ts: new Date(), ...EVENT, agentId: `fast-${n}-${i}` }]);
        if (i % 10 === 0) await sleep(Math.random() * 20);
      }
    };
    const resume = async () => {
      for (let i = 0; i < 5; i++) {
        await sleep(150);
        await tail.end();
        seen.push(...tail.items.map(({ event }) => event.agentId));
        tail = collectTail(i % 2 === 0 ? writer : reader, tail.position);
      }
    };
    const resumed = resume();
    await Promise.all([slow(1), slow(2), slow(3), fast(writer, 1), fast(reader, 2)]);
    await resumed;
    await tail.until(230 - seen.length);
    await sleep(300);
    await tail.end();
    seen.push(...tail.items.map(({ event }) => event.agentId));
    expect(seen.length).toBe(230);
    expect(new Set(seen).size).toBe(230);
  });
});
