import { statSync } from "node:fs";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import Database from "better-sqlite3";
import { expect, it, onTestFinished } from "vitest";
import { type CountSlice, SliceCounter, type SliceRequest } from "../../src/counts/slice.js";
import { EventLoopYielder } from "../../src/driver/event-loop-yielder.js";
import { IdleCheckpoint } from "../../src/driver/idle-checkpoint.js";
import { WriteQueue } from "../../src/driver/write-queue.js";
import { CountFolder } from "../../src/folding/folder.js";
import { tempFolder } from "../support/temp-folder.js";

const EVENTS = 60_000;
const SLICE_ROWS = 5000;
const HOURS = 500;

/** A store of which nothing is counted. Consecutive events are of all hours, so that every slice changes most pages of the cells. */
async function filled(): Promise<string> {
  const path = `${tempFolder()}/local.db`;
  await (await openSqliteStorage({ path })).close();
  const raw = new Database(path);
  const insert =
    raw.prepare(`INSERT INTO audit_events (ts, recorded_at, event_id, agent_id, action, decision, dry_run, tool)
    VALUES (?, 0, ?, ?, 'tool_call', 'allow', 0, ?)`);
  raw.transaction(() => {
    for (let n = 0; n < EVENTS; n++) {
      const ts = Date.UTC(2026, 0, 1) + ((n * 7919) % HOURS) * 3_600_000;
      insert.run(ts, `event-${n}`, `agent-${n % 211}`, `tool-${n % 23}`);
    }
  })();
  raw.pragma("wal_checkpoint(TRUNCATE)");
  raw.close();
  return path;
}

/** Counts slices as a thread does that is never done before its answer is wanted: it reads until then. */
class BusyScans {
  readonly #counter: SliceCounter;

  constructor(
    counting: Database.Database,
    private readonly reading: Database.Database,
  ) {
    this.#counter = new SliceCounter(counting);
  }

  hold(): void {
    throw new Error("nothing is closed here");
  }

  slice(request: SliceRequest): Promise<CountSlice | undefined> {
    const slice = this.#counter.count(request);
    this.reading.exec("BEGIN");
    this.reading.prepare("SELECT folded_seq FROM audit_count_state").get();
    // Awaiting the answer is what ends the reading.
    const answer: Pick<Promise<CountSlice | undefined>, "then" | "catch"> = {
      // biome-ignore lint/suspicious/noThenProperty: a promise does not tell when it is awaited
      then: (...handlers) => {
        if (this.reading.inTransaction) this.reading.exec("COMMIT");
        return Promise.resolve(slice).then(...handlers);
      },
      catch: () => Promise.resolve(slice),
    };
    return answer as Promise<CountSlice | undefined>;
  }
}

it("the log begins anew between slices, although a thread reads whenever a slice is added", async () => {
  const path = await filled();
  const [writing, counting, reading] = [1, 2, 3].map(() => {
    const db = new Database(path);
    onTestFinished(() => void db.close());
    return db;
  }) as [Database.Database, Database.Database, Database.Database];
  // A store that was closed has no log.
  writing.pragma("journal_mode = WAL");
  const queue = new WriteQueue(writing, { timeoutMs: 1000, path }, new EventLoopYielder());
  const scans = new BusyScans(counting, reading);
  const folder = new CountFolder({ scans, queue, checkpoint: new IdleCheckpoint(queue) });
  const lengths: number[] = [];
  for (let counted = 0; counted < EVENTS; ) {
    const folded = await folder.fold({ rows: SLICE_ROWS, isIdle: true });
    if (folded === "lost") throw new Error("no other process counts");
    counted += folded.rows;
    lengths.push(statSync(`${path}-wal`).size);
  }
  expect(lengths).toHaveLength(EVENTS / SLICE_ROWS);
  // Two slices fill what a checkpoint waits for. All of them together write over 17 million bytes.
  expect(Math.max(...lengths)).toBeLessThan(8_000_000);
});
