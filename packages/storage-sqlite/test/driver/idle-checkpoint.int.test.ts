import { statSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import Database from "better-sqlite3";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { EventLoopYielder } from "../../src/driver/event-loop-yielder.js";
import { IdleCheckpoint } from "../../src/driver/idle-checkpoint.js";
import { WriteQueue } from "../../src/driver/write-queue.js";
import { checkpointFile } from "../../src/scan/checkpoint-file.js";
import { tempFolder } from "../support/temp-folder.js";

const ENOUGH_BYTES = 4 * 1024 * 1024;

function open() {
  const path = `${tempFolder()}/x.db`;
  const db = new Database(path);
  onTestFinished(() => void db.close());
  db.pragma("journal_mode = WAL");
  db.exec("CREATE TABLE t (n INTEGER PRIMARY KEY, text TEXT)");
  const queue = new WriteQueue(db, { timeoutMs: 1000, path }, new EventLoopYielder());
  return { path, db, queue };
}

/** Checkpoints that begin when they are asked for and end when the test says so. */
function heldThread() {
  const ends: (() => void)[] = [];
  return { ends, checkpoint: () => new Promise<void>((resolve) => void ends.push(resolve)) };
}

it("moves the log into the file once no write is waiting", async () => {
  const path = `${tempFolder()}/local.db`;
  await using storage = await openSqliteStorage({ path });
  const events = Array.from({ length: 2000 }, (_, n) => ({
    ts: new Date(Date.now() - n),
    agentId: "a",
    action: "tool_call",
    decision: "allow",
    payload: "x".repeat(4000),
  }));
  await Promise.all(events.map((event) => storage.audit.append([event])));
  const before = statSync(path).size;
  await expect.poll(() => statSync(path).size).toBeGreaterThan(before + 4_000_000);
});

describe("beside a thread", () => {
  it("a checkpoint begins with the write that makes it due, in the thread alone, and one at a time", async () => {
    const { db, queue } = open();
    const pragma = vi.spyOn(db, "pragma");
    const thread = heldThread();
    const checkpoint = new IdleCheckpoint(queue, thread);
    checkpoint.wrote(ENOUGH_BYTES - 1);
    expect(thread.ends).toHaveLength(0);
    checkpoint.wrote(1);
    checkpoint.wrote(ENOUGH_BYTES);
    checkpoint.idle();
    await nextTurn();
    expect(thread.ends).toHaveLength(1);
    expect(pragma.mock.calls.filter(([sql]) => sql.includes("wal_checkpoint("))).toEqual([]);
  });

  it("what was written meanwhile is moved while no transaction runs, and the next one waits for that", async () => {
    const { db, queue } = open();
    const thread = heldThread();
    const checkpoint = new IdleCheckpoint(queue, thread);
    checkpoint.wrote(ENOUGH_BYTES);
    checkpoint.wrote(1);
    thread.ends[0]?.();
    await vi.waitFor(() => expect(thread.ends).toHaveLength(2));
    expect(db.inTransaction).toBe(false);
    let hasBegun = false;
    const next = queue.transaction(() => {
      hasBegun = true;
    });
    await nextTurn();
    expect(hasBegun).toBe(false);
    thread.ends[1]?.();
    await next;
    checkpoint.wrote(ENOUGH_BYTES);
    expect(thread.ends).toHaveLength(3);
  });

  it("a thread that cannot be asked is no failure of the write", () => {
    const { queue } = open();
    const checkpoint = new IdleCheckpoint(queue, {
      checkpoint: () => {
        throw new Error("the file cannot be read");
      },
    });
    expect(() => checkpoint.wrote(ENOUGH_BYTES)).not.toThrow();
  });

  it("nothing waits when nothing was written meanwhile, and a failure is followed by another attempt", async () => {
    const { queue } = open();
    let asked = 0;
    const thread = {
      checkpoint: async () => {
        asked++;
        if (asked === 2) throw new Error("the thread ended");
      },
    };
    const checkpoint = new IdleCheckpoint(queue, thread);
    for (const expected of [1, 2, 3]) {
      checkpoint.wrote(ENOUGH_BYTES);
      await nextTurn();
      expect(asked).toBe(expected);
    }
  });

  it("the log begins anew although transactions follow one another without a pause", async () => {
    const { path, db, queue } = open();
    const checkpoint = new IdleCheckpoint(queue, {
      // As a thread does it: beside a transaction that has begun.
      checkpoint: () => nextTurn().then(() => checkpointFile(path)),
    });
    const insert = db.prepare("INSERT INTO t (text) VALUES (?)");
    const text = "x".repeat(1024 * 1024);
    const writeOn = async (times: number): Promise<void> => {
      for (let n = 0; n < times; n++) {
        await queue.transaction(async () => {
          insert.run(text);
          await nextTurn();
          await nextTurn();
        });
        checkpoint.wrote(text.length);
      }
    };
    await Promise.all([writeOn(40), writeOn(40), writeOn(40)]);
    // All of them together write over 120 million bytes, and SQLite's own checkpoint waits for over 16 million.
    expect(statSync(`${path}-wal`).size).toBeLessThan(14_000_000);
  });
});

describe("without a thread", () => {
  it.each([
    ["none is given", undefined],
    ["none is to be used", { checkpoint: () => undefined }],
  ])("%s: the calling thread runs a checkpoint once no write is waiting", async (_, thread) => {
    const { path, db, queue } = open();
    const checkpoint = new IdleCheckpoint(queue, thread);
    const before = statSync(path).size;
    db.prepare("INSERT INTO t (text) VALUES (?)").run("x".repeat(100_000));
    checkpoint.wrote(ENOUGH_BYTES);
    await nextTurn();
    expect(statSync(path).size).toBe(before);
    checkpoint.idle();
    await nextTurn();
    await nextTurn();
    expect(statSync(path).size).toBeGreaterThan(before + 90_000);
  });
});
