import { StorageError } from "@agent-assembly/storage-core";
import type Database from "better-sqlite3";
import { type BusyRetryOptions, retryWhileBusy } from "./busy-retry.js";
import { isBusy } from "./errors.js";
import type { EventLoopYielder } from "./event-loop-yielder.js";

/**
 * The only access to the writing connection: one job at a time, each in its own transaction. SQLite has one writer per
 * file, so waiting here, without blocking, replaces the driver's busy wait, which stops the event loop.
 */
export class WriteQueue {
  #tail: Promise<unknown> = Promise.resolve();
  #inLine = 0;

  constructor(
    readonly connection: Database.Database,
    /** How long to wait for another process's write lock. */
    private readonly waiting: BusyRetryOptions,
    private readonly yielder: EventLoopYielder,
    private readonly readOnly = false,
  ) {}

  /**
   * Runs `work` inside an immediate transaction; commits when it resolves and rolls back when it throws.
   * @param waiting how long to wait for another process, if not as long as always
   */
  transaction<T>(
    work: (connection: Database.Database) => T | Promise<T>,
    waiting: Pick<BusyRetryOptions, "timeoutMs"> = this.waiting,
  ): Promise<T> {
    return this.exclusive(async (connection) => {
      // Done before the lock is taken, so that no other process waits for this process's event loop.
      await this.yielder.due();
      await retryWhileBusy(() => connection.exec("BEGIN IMMEDIATE"), { ...this.waiting, ...waiting });
      try {
        const result = await work(connection);
        connection.exec("COMMIT");
        return result;
      } catch (error) {
        // SQLite has rolled back on its own after some errors, a full disk among them.
        if (connection.inTransaction) connection.exec("ROLLBACK");
        throw error;
      }
    });
  }

  /** Whether a job waits for the one that runs. */
  get isAwaited(): boolean {
    return this.#inLine > 1;
  }

  /** Runs `work` exclusively on the writing connection, outside a transaction. */
  async exclusive<T>(work: (connection: Database.Database) => Promise<T>): Promise<T> {
    if (this.readOnly) throw openedReadOnly();
    this.#inLine++;
    const run = this.#tail.then(() => work(this.connection));
    const leave = (): void => {
      this.#inLine--;
    };
    this.#tail = run.then(leave, leave);
    return run;
  }

  /**
   * Runs `work` in a transaction before it returns.
   * @returns whether it ran; false while other jobs are queued or another process writes
   */
  transactionNow(work: () => void): boolean {
    if (this.#inLine > 0 || this.readOnly) return false;
    const { connection } = this;
    try {
      connection.exec("BEGIN IMMEDIATE");
    } catch (error) {
      if (isBusy(error)) return false;
      throw error;
    }
    try {
      work();
      connection.exec("COMMIT");
      return true;
    } catch (error) {
      if (connection.inTransaction) connection.exec("ROLLBACK");
      throw error;
    }
  }

  /** Resolves when everything that was queued so far has ended. */
  async idle(): Promise<void> {
    await this.#tail;
  }
}

function openedReadOnly(): StorageError {
  return new StorageError({
    code: "permission_denied",
    message: "the store was opened with {option}",
    option: "options.readOnly",
    remedy: "Open it without {option} to write.",
  });
}
