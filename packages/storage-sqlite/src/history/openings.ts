import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import type { Database } from "better-sqlite3";
import { markOf } from "../file/identity.js";
import { NEWEST_SEQ } from "../sql/newest-seq.js";

/** A file that this process has open for writing. */
export interface Opening {
  readonly id: number;
  readonly firstSeq: number;
}

/** A number that no other opening, and no other history, has: 48 random bits. */
export function randomId(): number {
  return randomBytes(6).readUIntBE(0, 6);
}

/**
 * Records that a writer has the file open, and marks the file: from now on it is incomplete without its -wal. The mark is
 * in the file itself before the first event is stored.
 *
 * A thread that is terminated closes its connections without a chance to take the mark back, so threads make none.
 * @param db in WAL mode, outside a transaction
 * @throws the driver's errors; the caller repeats it while the database is busy
 * @returns `undefined` for a schema without openings, which `migrate: "off"` leaves as it is
 */
export function beginOpening(db: Database): Opening | undefined {
  // Loaded here: to read a store, nothing about threads is needed, and to load it takes as long as to open a file.
  const { isMainThread: marks } = process.getBuiltinModule("node:worker_threads");
  const mark = markOf(statSync(db.name).ino);
  const opening = inTransaction(db, () => {
    if (!hasOpenings(db)) return undefined;
    const begun = { id: randomId(), firstSeq: newestSeq(db) + 1 };
    db.prepare("INSERT INTO store_openings (opening_id, first_seq, is_open) VALUES (?, ?, ?)").run(
      begun.id,
      begun.firstSeq,
      marks ? 1 : 0,
    );
    if (marks) db.pragma(`user_version = ${mark}`);
    return begun;
  });
  // A reader of an older state may hold this up; later checkpoints make up for it.
  if (opening !== undefined && marks) db.pragma("wal_checkpoint(PASSIVE)");
  return opening;
}

/** Takes back what {@link beginOpening} recorded: the mark goes with the last writer. */
export function endOpening(db: Database, { id, firstSeq }: Opening): void {
  inTransaction(db, () => {
    // No position can name an opening without events.
    const sql =
      newestSeq(db) < firstSeq
        ? "DELETE FROM store_openings WHERE opening_id = ?"
        : "UPDATE store_openings SET is_open = 0 WHERE opening_id = ?";
    db.prepare(sql).run(id);
    const others = db.prepare("SELECT 1 FROM store_openings WHERE is_open = 1 LIMIT 1").get();
    if (others === undefined) db.pragma("user_version = 0");
  });
}

/**
 * Moves all commits into the file, so that it is complete by itself and can be read without being written to.
 * @returns false while other connections have it open
 */
export function leaveWriteAheadLog(db: Database): boolean {
  try {
    if (db.pragma("journal_mode = DELETE", { simple: true }) !== "delete") return false;
  } catch (error) {
    if (String((error as { code?: unknown }).code).startsWith("SQLITE_BUSY")) return false;
    throw error;
  }
  clearLostOpenings(db);
  return true;
}

/** Openings of processes that were killed. Nothing else has the file open in this journal mode. */
function clearLostOpenings(db: Database): void {
  if (!hasOpenings(db) || db.prepare("SELECT 1 FROM store_openings WHERE is_open = 1 LIMIT 1").get() === undefined)
    return;
  inTransaction(db, () => {
    // Another process may have begun to write by now.
    if (db.pragma("journal_mode", { simple: true }) !== "delete") return;
    db.exec("UPDATE store_openings SET is_open = 0 WHERE is_open = 1");
    db.pragma("user_version = 0");
  });
}

/** The copy in `db` begins a history of its own: positions of the original are not taken for its own. */
export function beginHistory(db: Database): void {
  inTransaction(db, () => {
    db.pragma("user_version = 0");
    if (!hasOpenings(db)) return;
    db.prepare("UPDATE store_histories SET last_seq = ? WHERE last_seq IS NULL").run(newestSeq(db));
    db.prepare("INSERT INTO store_histories (history_id) VALUES (?)").run(randomId());
    db.exec("UPDATE store_openings SET is_open = 0 WHERE is_open = 1");
  });
}

export function newestSeq(db: Database): number {
  const seq = db.prepare<[], unknown>(NEWEST_SEQ).pluck().get();
  return Number.isSafeInteger(seq) && (seq as number) > 0 ? (seq as number) : 0;
}

function hasOpenings(db: Database): boolean {
  return db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'store_openings'").get() !== undefined;
}

function inTransaction<T>(db: Database, work: () => T): T {
  db.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    if (db.inTransaction) db.exec("ROLLBACK");
    throw error;
  }
}
