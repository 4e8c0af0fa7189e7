import { startSwallowingProxy } from "@agent-assembly/test-services";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, expect, it } from "vitest";
import { AuditReader } from "../../src/audit/reader.js";
import { AuditCursors } from "../../src/audit/server-cursor.js";
import { databaseOfFile, poolOn } from "../setup/database.js";
import { insertEvents } from "../timescale/support.js";

const IDLE_MS = 300;
const ALL = { from: undefined, to: undefined, texts: [], dryRun: undefined, payload: [] };

describeNeeding("postgres", "cursors", async () => {
  const database = await databaseOfFile("postgres", "cursors");
  const pool = poolOn(database, { maxConnections: 8 });
  const closing = new AbortController();
  const cursors = new AuditCursors(pool, closing.signal, IDLE_MS);
  afterAll(() => pool.close());
  const numbers = { text: "SELECT n FROM generate_series(1, $1::int) AS n", values: [5] };
  const transactions = async (): Promise<number> => {
    const [row] = await pool.run(
      (sql) => sql`SELECT count(*)::int AS n FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'idle in transaction'`,
    );
    return row?.n as number;
  };

  it("give rows slice by slice, and leave no transaction behind", async () => {
    const cursor = cursors.open(numbers);
    expect(await cursor?.fetch(2)).toEqual([[1], [2]]);
    expect(await cursor?.fetch(2)).toEqual([[3], [4]]);
    expect(await transactions()).toBe(1);
    expect(await cursor?.fetch(2)).toEqual([[5]]);
    await cursor?.close();
    await cursor?.close();
    expect(cursor?.usable).toBe(false);
    expect(await transactions()).toBe(0);
  });

  it("are at most a quarter of the connections", async () => {
    const open = [cursors.open(numbers), cursors.open(numbers)];
    expect(open).not.toContain(undefined);
    expect(cursors.open(numbers)).toBeUndefined();
    await Promise.all(open.map((cursor) => cursor?.close()));
    const again = cursors.open(numbers);
    expect(await again?.fetch(1)).toEqual([[1]]);
    await again?.close();
  });

  it("give their connection back when their reader pauses", async () => {
    const cursor = cursors.open(numbers);
    await cursor?.fetch(1);
    await expect.poll(() => cursor?.usable, { timeout: 20_000 }).toBe(false);
    await expect.poll(transactions, { timeout: 20_000 }).toBe(0);
  });

  it("are closed in time, also where the network lost the answer", async () => {
    const proxy = await startSwallowingProxy(database.url);
    const behind = poolOn({ ...database, url: proxy.url }, { maxConnections: 4, statementTimeoutMs: 500 });
    try {
      const cursor = new AuditCursors(behind, closing.signal, IDLE_MS).open(numbers);
      expect(await cursor?.fetch(2)).toEqual([[1], [2]]);
      await proxy.setMode("swallow");
      await cursor?.close();
      expect(cursor?.usable).toBe(false);
    } finally {
      await proxy.stop();
      await behind.close(0);
    }
  });

  it("tell their reader what went wrong, and that the connection was lost", async () => {
    const failing = cursors.open({ text: "SELECT 1 / (n - 2) FROM generate_series(1, 9) AS n", values: [] });
    await expect(failing?.fetch(5)).rejects.toMatchObject({ code: "22012" });
    await failing?.close();
    const lost = cursors.open(numbers);
    await lost?.fetch(1);
    await pool.run(
      (sql) => sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'idle in transaction'`,
    );
    await expect.poll(() => lost?.usable, { timeout: 20_000 }).toBe(false);
    await lost?.close();
  });

  it("serve a reader of many rows, also one that pauses", {
    timeout: 60_000,
  }, async () => {
    await pool.run((sql) => insertEvents(sql, 60_000));
    const reader = new AuditReader(pool, "audit_events", closing.signal, { slowSliceMs: 0, idleMs: IDLE_MS });
    const seen = new Set<string>();
    let last = 0;
    let slices = 0;
    let opened = 0;
    for await (const slice of reader.slices(ALL, "oldest")) {
      slices++;
      if (slices === 10) await expect.poll(transactions, { timeout: 20_000 }).toBe(0);
      if ((await transactions()) > 0) opened++;
      for (const { ts, eventId } of slice) {
        expect(ts).toBeGreaterThanOrEqual(last);
        last = ts;
        seen.add(eventId);
      }
    }
    expect(seen.size).toBe(60_000);
    expect(opened).toBeGreaterThan(0);
    expect(await transactions()).toBe(0);
  });

  it("are left at once when their reader aborts, also where the network lost the answer", async () => {
    const proxy = await startSwallowingProxy(database.url);
    const behind = poolOn({ ...database, url: proxy.url }, { maxConnections: 4 });
    const user = new AbortController();
    const reader = new AuditReader(behind, "audit_events", closing.signal, { slowSliceMs: 0, idleMs: IDLE_MS });
    try {
      let slices = 0;
      const read = async (): Promise<void> => {
        for await (const _ of reader.slices(ALL, "oldest", user.signal)) {
          // The third comes from a cursor; another one may be on its way.
          if (++slices !== 3) continue;
          await proxy.setMode("swallow");
          setTimeout(() => user.abort(new Error("the user left")), 100);
        }
      };
      await expect(read()).rejects.toMatchObject({ reason: new Error("the user left") });
      expect(slices).toBeLessThan(6);
    } finally {
      await proxy.stop();
      await behind.close(0);
    }
  });

  it("end when the store closes", async () => {
    const cursor = cursors.open(numbers);
    await cursor?.fetch(1);
    closing.abort();
    await cursor?.close();
    expect(await transactions()).toBe(0);
    expect(cursors.open(numbers)).toBeUndefined();
  });
});
