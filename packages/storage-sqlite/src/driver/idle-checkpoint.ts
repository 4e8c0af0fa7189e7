import type { WriteQueue } from "./write-queue.js";

/** Bytes of new log after which a checkpoint runs. */
const EVERY_BYTES = 4 * 1024 * 1024;
/** Where a thread runs checkpoints, those of a commit bound the log only while it is kept from doing so; 32 MiB. */
const COMMIT_PAGES_BESIDE_THREAD = 4000;

/** A thread that runs checkpoints. */
export interface CheckpointThread {
  /**
   * Moves what is committed from the log into the file, while others read and write.
   * @returns `undefined` where no thread is to be used
   * @throws the driver's errors
   */
  checkpoint(): Promise<void> | undefined;
}

/**
 * Runs checkpoints outside commits, each of which would block the event loop for tens of milliseconds. In a thread where there is one,
 * otherwise while no write is waiting. Without either, SQLite's own checkpoint at commit bounds the log.
 */
export class IdleCheckpoint {
  #unmoved = 0;
  #scheduled = false;
  #running = false;
  #isBesideThread = false;

  constructor(
    private readonly queue: WriteQueue,
    private readonly thread?: CheckpointThread,
  ) {}

  /** Call after commits. @param bytes roughly what they added to the log */
  wrote(bytes: number): void {
    this.#unmoved += bytes;
    if (this.#unmoved >= EVERY_BYTES) this.#begin();
  }

  /** Call when no write is waiting. */
  idle(): void {
    if (this.#unmoved < EVERY_BYTES || this.#scheduled) return;
    this.#scheduled = true;
    // Runs after the results of the writes have been delivered.
    setImmediate(() => {
      this.#scheduled = false;
      // By then, a thread may have begun.
      if (this.#running) return;
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

  /** In the thread, if there is one. Never throws: what was written is committed. */
  #begin(): void {
    if (this.#running || this.thread === undefined) return;
    this.#running = true;
    const ended = (): void => {
      this.#running = false;
    };
    // Nothing is lost when it fails: the log keeps its content, and a commit that has to run a checkpoint reports the error.
    this.#beside(this.thread).then(ended, ended);
  }

  async #beside(thread: CheckpointThread): Promise<void> {
    const moved = thread.checkpoint();
    if (moved === undefined) return;
    this.#unmoved = 0;
    if (!this.#isBesideThread) {
      this.#isBesideThread = true;
      this.queue.connection.pragma(`wal_autocheckpoint = ${COMMIT_PAGES_BESIDE_THREAD}`);
    }
    await moved;
    await this.#moveRest();
  }

  /**
   * The log begins anew with a transaction that finds all of it moved when it begins. Transactions that follow one another leave no
   * such moment, so the next ones wait until the little that came meanwhile is moved as well.
   */
  async #moveRest(): Promise<void> {
    if (this.#unmoved === 0 && !this.queue.connection.inTransaction) return;
    await this.queue.exclusive(async () => {
      const moved = this.thread?.checkpoint();
      this.#unmoved = 0;
      await moved;
    });
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
