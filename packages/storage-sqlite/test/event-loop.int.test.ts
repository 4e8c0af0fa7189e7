import { statSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Partition, StorageBackend } from "@agent-assembly/storage-core";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { onDriverCalls } from "./support/driver-calls.js";
import { folderOfFile } from "./support/file-folder.js";
import { untilFolded } from "./support/folded.js";
import { TurnWatch } from "./support/turn-watch.js";

/** Events of 28 hours, so that they make one whole day and a part of the next. */
const ROWS = 20_000;
const EVERY_MS = 5000;
const START = Date.UTC(2026, 0, 1);
const SINGLES = 200;
/** Rows that are read, and deleted, between two turns of the event loop. */
const READ_ROWS = 500;
const DELETED_ROWS = 250;
/** Milliseconds of work after which the event loop gets a turn. */
const SLICE_MS = 5;
/** Two statements tell whether counts answer: the first time, whether there are any, and how far they go. */
const COUNT_LOOKS = 2;
/** Two statements tell how large the file is, and with that which thread is to scan it. */
const SIZE_LOOKS = 2;

const folder = folderOfFile();
const path = join(folder, "loop.db");
const tool1 = { only: [{ payload: { "/tool": "tool-1" } }], except: [{ decision: "deny" }] };
const limits = { maxAgeMs: Number.POSITIVE_INFINITY };
let storage: StorageBackend;

beforeAll(async () => {
  const filling = await openSqliteStorage({ path, limits });
  await appendAll(filling);
  await untilFolded(path);
  await filling.close();
  storage = await openQuietly(path);
});
afterAll(() => storage.close());

async function appendAll(to: StorageBackend): Promise<void> {
  const events = Array.from({ length: ROWS }, (_, n) => ({
    ts: new Date(START + n * EVERY_MS),
    agentId: `agent-${n % 20}`,
    action: "tool_call",
    decision: n % 9 === 0 ? "deny" : "allow",
    payload: { tool: `tool-${n % 5}`, note: "x".repeat(300) },
  }));
  for (let n = 0; n < ROWS; n += 1000) await to.audit.append(events.slice(n, n + 1000));
}

/** A handle that does nothing by itself: it counts events by a timer, which comes while a test runs where that takes long. */
async function openQuietly(file: string): Promise<StorageBackend> {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  try {
    return await openSqliteStorage({ path: file, limits });
  } finally {
    vi.useRealTimers();
  }
}

/**
 * A handle of the test's own, as on a machine where a slice of time is over whenever the clock is read: how much is done in
 * between is what counts.
 */
async function openWhereTimeFlies(file = path): Promise<StorageBackend> {
  // Whole numbers, whose differences are exact.
  let now = 0;
  const spy = vi.spyOn(performance, "now").mockImplementation(() => {
    now += SLICE_MS;
    return now;
  });
  onTestFinished(() => spy.mockRestore());
  const opened = await openQuietly(file);
  onTestFinished(() => opened.close());
  return opened;
}

/** Watches the statements that this thread runs during the work. */
async function statementsOf(work: () => Promise<unknown>): Promise<{ turns: number; most: number }> {
  using watch = new TurnWatch();
  using _calls = onDriverCalls(() => watch.count());
  await work();
  return { turns: watch.turns, most: watch.most };
}

/** What the file takes once the log is in it. */
function fileBytes(): number {
  const raw = new Database(path);
  raw.pragma("wal_checkpoint(TRUNCATE)");
  raw.close();
  return statSync(path).size;
}

/** The first day of January, which most events are of. */
async function wholeDay(): Promise<Partition> {
  const found = (await storage.partitions.list("audit")).find(({ from }) => from.getTime() === START);
  if (found === undefined) throw new Error("the partition of the first day is missing");
  return found;
}

describe("the event loop keeps turning", () => {
  it("while calls append a thousand events each: every 64 events", async () => {
    const opened = await openWhereTimeFlies(join(folder, "alone.db"));
    const { turns, most } = await statementsOf(() => appendAll(opened));
    expect(turns).toBeGreaterThanOrEqual(Math.floor(ROWS / 64));
    expect(most).toBeLessThanOrEqual(64 + 4);
  });

  it("while a loop awaits single appends and small queries: at each of them", async () => {
    const opened = await openWhereTimeFlies();
    const single = { agentId: "agent-1", action: "tool_call", decision: "allow" };
    const { turns, most } = await statementsOf(async () => {
      for (let n = 0; n < SINGLES; n++) {
        await opened.audit.append([{ ...single, ts: new Date(START - 1 - n) }]);
        await opened.audit.query({ agentId: "agent-1" }, { limit: 10 });
        await opened.agents.get("agent-1");
      }
    });
    expect(turns).toBeGreaterThanOrEqual(SINGLES * 3);
    expect(most).toBeLessThanOrEqual(4);
  });

  it("while everything is exported: every 500 events", async () => {
    using watch = new TurnWatch();
    let seen = 0;
    for await (const event of storage.audit.stream()) {
      watch.count();
      seen += JSON.stringify(event).length > 0 ? 1 : 0;
    }
    expect(seen).toBe(ROWS + SINGLES);
    expect(watch.most).toBeLessThanOrEqual(READ_ROWS);
    expect(watch.turns).toBeGreaterThanOrEqual(Math.floor(ROWS / READ_ROWS));
  });

  it("while a rare event is looked for in everything, which another thread does", async () => {
    const { turns, most } = await statementsOf(async () => {
      expect((await storage.audit.query({ payload: { "/tool": "none" } })).items).toEqual([]);
    });
    expect(most).toBeLessThanOrEqual(SIZE_LOOKS);
    expect(turns).toBeGreaterThan(0);
  });

  it("while everything is summarised, which another thread does", async () => {
    const bucket = { every: "1d", timeZone: "Europe/Berlin" };
    const { turns, most } = await statementsOf(async () => {
      const rows = await storage.audit.summarize({}, { bucket, groupBy: ["agentId", "tool"] });
      expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(ROWS + SINGLES);
    });
    expect(most).toBeLessThanOrEqual(COUNT_LOOKS);
    expect(turns).toBeGreaterThan(0);
  });

  it("while a part of a day is measured, read and dropped: every 500 events, and every 250 deletions", async () => {
    const partition = await wholeDay();
    const { rows, asOf } = await storage.partitions.measure(partition, { selection: tool1 });
    expect(rows).toBeGreaterThan(DELETED_ROWS * 10);
    using reading = new TurnWatch();
    let read = 0;
    for await (const event of storage.partitions.read(partition, { selection: tool1, asOf })) {
      reading.count();
      read += event.ts >= partition.from ? 1 : 0;
    }
    expect(read).toBe(rows);
    expect(reading.most).toBeLessThanOrEqual(READ_ROWS);
    expect(reading.turns).toBeGreaterThanOrEqual(Math.floor(rows / READ_ROWS));

    using dropping = new TurnWatch();
    let dropped = 0;
    const onProgress = (done: number): void => {
      dropping.count(done - dropped);
      dropped = done;
    };
    const drop = storage.partitions.drop(partition, { selection: tool1, asOf, expect: { rows }, onProgress });
    expect(await drop).toEqual({ rows });
    expect(dropped).toBe(rows);
    expect(dropping.most).toBeLessThanOrEqual(DELETED_ROWS);
  });

  it("while a day is dropped, and another handle that appends meanwhile waits for no more than two steps", async () => {
    const partition = await wholeDay();
    const steps = Math.ceil(partition.rows / DELETED_ROWS);
    expect(steps).toBeGreaterThan(50);
    const bytesBefore = fileBytes();
    const before = await storage.audit.count();
    const other = await openSqliteStorage({ path });
    onTestFinished(() => other.close());
    using watch = new TurnWatch();
    let dropped = 0;
    let step = 0;
    let running = true;
    const onProgress = (done: number): void => {
      watch.count(done - dropped);
      dropped = done;
      step++;
    };
    /** How many steps were made while each append was under way. */
    const waits: number[] = [];
    const appending = (async () => {
      while (running) {
        const begunAt = step;
        await other.audit.append([{ ts: new Date(), agentId: "late", action: "tool_call", decision: "allow" }]);
        waits.push(step - begunAt);
        await nextTurn();
      }
    })();
    await storage.partitions.drop(partition, { expect: { rows: partition.rows }, onProgress }).finally(() => {
      running = false;
    });
    await appending;
    expect(step).toBe(steps);
    expect(watch.most).toBeLessThanOrEqual(DELETED_ROWS);
    expect(watch.turns).toBeGreaterThanOrEqual(steps - 1);
    expect(Math.max(...waits)).toBeLessThanOrEqual(2);
    expect(waits.length).toBeGreaterThanOrEqual(steps / 3);
    expect(await storage.audit.count()).toBe(before - partition.rows + waits.length);
    expect(fileBytes()).toBeLessThan(bytesBefore / 2);
  });
});
