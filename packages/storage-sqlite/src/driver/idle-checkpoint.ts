import type { WriteQueue } from "./write-queue.js";

/** Bytes of new log after which a checkpoint runs. */
const EVERY_BYTES = 4 * 1024 * 1024;

/**
 * Runs checkpoints while no write is waiting: inside a commit, they would take a sixth of the time of a burst of
 * appends. Without idle moments, SQLite's own checkpoint at commit bounds the log.
 */
export class IdleCheckpoint {
  #unmoved = 0;
  #scheduled = false;

  constructor(private readonly queue: WriteQueue) {}

  /** Call after commits. @param bytes roughly what they added to the log */
  wrote(bytes: number): void {
    this.#unmoved += bytes;
  }

  /** Call when no write is waiting. */
  idle(): void {
    if (this.#unmoved < EVERY_BYTES || this.#scheduled) return;
    this.#scheduled = true;
    // Runs after the results of the writes have been delivered.
    setImmediate(() => {
      this.#scheduled = false;
      this.#unmoved = 0;
      if (this.queue.connection.open) this.#move();
    });
  }

  /** Call between writes, where no other moment will do. */
  now(): void {
    if (this.#unmoved < EVERY_BYTES || !this.queue.connection.open) return;
    this.#unmoved = 0;
    this.#move();
  }

  #move(): void {
    const { connection } = this.queue;
    try {
      // Passive: never waits for readers or writers, and never makes them wait. Not inside a transaction that pauses.
      if (!connection.inTransaction) connection.pragma("wal_checkpoint(PASSIVE)");
    } catch {
      // Nothing is lost: the log keeps its content, and a commit that has to run a checkpoint reports the error.
    }
  }
}
