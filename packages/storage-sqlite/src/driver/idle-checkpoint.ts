import type { WriteQueue } from "./write-queue.js";

/** Bytes of new log after which it is moved into the file. */
const EVERY_BYTES = 4 * 1024 * 1024;

/**
 * Moves the write-ahead log into the file while nobody waits for a write: inside a commit it would be a sixth of what a
 * burst of appends takes. Where there is no such moment, SQLite's own checkpoint at commit bounds the log.
 */
export class IdleCheckpoint {
  #unmoved = 0;
  #scheduled = false;

  constructor(private readonly queue: WriteQueue) {}

  /** Tells of commits. @param bytes roughly what they added to the log */
  wrote(bytes: number): void {
    this.#unmoved += bytes;
  }

  /** Tells that nothing waits to be written. */
  idle(): void {
    if (this.#unmoved < EVERY_BYTES || this.#scheduled) return;
    this.#scheduled = true;
    // After the answers to what was written have been delivered.
    setImmediate(() => {
      this.#scheduled = false;
      this.#unmoved = 0;
      if (this.queue.connection.open) this.#move();
    });
  }

  #move(): void {
    const { connection } = this.queue;
    try {
      // Passive: never waits for readers or writers, and never makes them wait. Not inside a transaction that pauses.
      if (!connection.inTransaction) connection.pragma("wal_checkpoint(PASSIVE)");
    } catch {
      // Nothing is lost: the log keeps its content, and a commit that has to checkpoint tells what is wrong.
    }
  }
}
