import { existsSync } from "node:fs";
import type { Database } from "better-sqlite3";
import { retryWhileBusy } from "../driver/busy-retry.js";
import { isBusy } from "../driver/errors.js";
import { openDatabase } from "../driver/open-database.js";
import { hasSidecar, readFileHeader } from "../file/header.js";
import { beginOpening, endOpening, leaveWriteAheadLog, type Opening } from "./openings.js";

interface WritableFileOptions {
  readonly path: string;
  /** How long to wait for other processes. */
  readonly timeoutMs: number;
  /** Gives back the hold on the file. */
  readonly release: () => void;
}

const TIDY_ATTEMPTS = 3;

/** Files that are open when the process ends without having closed them. */
const open = new Set<WritableFile>();
const closeAll = (): void => {
  for (const file of [...open]) file.closeNow();
};

/** A file that this process has open for writing, from the mark that says so to the end. */
export class WritableFile {
  #opening: Opening | undefined;
  readonly #readers: Database[] = [];

  /** @param db in WAL mode */
  constructor(
    readonly db: Database,
    private readonly options: WritableFileOptions,
  ) {
    if (open.size === 0) process.once("exit", closeAll);
    open.add(this);
  }

  /** To be called once the schema is there, before anything is stored. */
  async begin(): Promise<void> {
    this.#opening = await retryWhileBusy(() => beginOpening(this.db), this.options);
  }

  /** Another connection of this process to the file, which is closed before it. */
  with(reader: Database): Database {
    this.#readers.push(reader);
    return reader;
  }

  /** Closes the connections; idempotent. */
  async close(): Promise<void> {
    const opening = this.#opening;
    if (open.has(this) && opening !== undefined) {
      try {
        await retryWhileBusy(() => endOpening(this.db, opening), this.options);
        this.#opening = undefined;
      } catch {
        // A full disk, or a file that was deleted. All commits are durable; what is left to do is tried once more below.
      }
    }
    this.closeNow();
  }

  /** The same without waiting for others, for the end of the process. */
  closeNow(): void {
    if (!open.delete(this)) return;
    if (open.size === 0) process.off("exit", closeAll);
    try {
      for (const reader of this.#readers) reader.close();
      this.#leave();
    } finally {
      this.db.close();
      tidy(this.options.path);
      this.options.release();
    }
  }

  #leave(): void {
    const { db } = this;
    try {
      if (db.inTransaction) db.exec("ROLLBACK");
      if (this.#opening !== undefined) endOpening(db, this.#opening);
      if (leaveWriteAheadLog(db)) return;
      // The others keep the log; the file has all that is in it now.
      db.pragma("wal_checkpoint(PASSIVE)");
    } catch (error) {
      if (!isBusy(error) && !isDriverError(error)) throw error;
      // All commits are durable where they are. The next process to open the file does what is left to do.
    }
  }
}

/** Two that close at once both find the other one there. The one whose close removed the -wal finishes what both began. */
function tidy(path: string): void {
  for (let attempt = 1; attempt <= TIDY_ATTEMPTS; attempt++) {
    if (!existsSync(path) || hasSidecar(path, "-wal") || !readFileHeader(path).isWal) return;
    try {
      const db = openDatabase(path);
      try {
        leaveWriteAheadLog(db);
      } finally {
        db.close();
      }
    } catch (error) {
      if (!isDriverError(error)) throw error;
      return;
    }
  }
}

function isDriverError(error: unknown): boolean {
  return String((error as { code?: unknown } | null)?.code).startsWith("SQLITE_");
}
