import type { StorageError } from "@agent-assembly/storage-core";
import { classifyPostgresError } from "../driver/errors.js";
import type { Pool } from "../driver/pool.js";
import { rows } from "../driver/statement.js";
import { sqlOfLimits } from "../driver/undisturbed.js";
import { lockFold, movePending } from "./fold-sql.js";
import type { MetricTables } from "./tables.js";

/** Pending rows of one transaction. */
const SLICE = 2000;
/** How long rows may wait after the first one when few follow. */
const WAIT_MS = 3000;
/** Pause after a failure. */
const RETRY_MS = 15_000;

/**
 * Moves the oldest pending totals on, in a transaction of its own.
 * @returns how many rows it moved; `undefined` when another transaction is at it
 */
export async function foldPending(
  pool: Pool,
  tables: MetricTables,
  limit: number = SLICE,
): Promise<number | undefined> {
  return pool.transaction(async (sql) => {
    await sql.unsafe(sqlOfLimits(pool.options));
    const locked = await rows(sql, { text: lockFold(tables), values: [] }, false);
    if (locked.length === 0) return undefined;
    const [row] = await rows<[string]>(sql, { text: movePending(tables, limit), values: [] }, false);
    return Number(row?.[0] ?? 0);
  });
}

/**
 * Moves pending totals on after this process has written some: in the background, and at the latest when it is closed. Answers
 * count pending totals too, so they never wait for it; they only take longer while there are many.
 */
export class PendingFolder {
  #waiting = 0;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #closing = false;
  /** Whether another process was found to be at it. */
  #left = false;
  #problem: StorageError | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly tables: MetricTables,
  ) {}

  /** Why the last attempt failed; `undefined` after one that did not. */
  get problem(): StorageError | undefined {
    return this.#problem;
  }

  /** To be called after a commit. @param rows of pending totals in it */
  added(rows: number): void {
    if (rows === 0) return;
    this.#waiting += rows;
    // After an attempt that failed, or was left to another process, only the timer starts the next one.
    if (this.#waiting >= SLICE && this.#problem === undefined && !this.#left) this.#start();
    else this.#schedule(WAIT_MS);
  }

  /** Moves what this process has written and does not begin anew. A failure is a warning of the process: nothing is lost. */
  async close(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#timer);
    await this.#running;
    if (this.#waiting > 0 && this.#problem === undefined) await this.#run();
    if (this.#problem !== undefined && this.#waiting > 0) {
      process.emitWarning(
        `totals of metrics stay pending until another process records some: ${this.#problem.message}`,
        "StorageWarning",
      );
    }
  }

  #schedule(ms: number): void {
    if (this.#closing || this.#timer !== undefined || this.#running !== undefined) return;
    this.#timer = setTimeout(() => this.#start(), ms);
    this.#timer.unref();
  }

  #start(): void {
    if (this.#closing || this.#running !== undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      if (this.#waiting > 0) this.#schedule(this.#problem === undefined ? WAIT_MS : RETRY_MS);
    });
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const before = this.#waiting;
    this.#waiting = 0;
    try {
      // Others write too: at the end as much as this process wrote is enough.
      const done = this.#closing ? await this.#move(Math.ceil(before / SLICE)) : await this.#move();
      if (!done) this.#waiting += before;
      this.#left = !done;
      this.#problem = undefined;
    } catch (error) {
      this.#waiting += before;
      this.#problem = classifyPostgresError(error);
    }
  }

  /**
   * @param slices at most so many; default: until none is left, or this is closed
   * @returns false when what this process wrote may still be pending
   */
  async #move(slices?: number): Promise<boolean> {
    for (let n = 0; n < (slices ?? Number.POSITIVE_INFINITY); n++) {
      if (this.#closing && slices === undefined) return false;
      const moved = await foldPending(this.pool, this.tables);
      // The process that is at it may end before it comes to what this one has just written.
      if (moved === undefined) return false;
      if (moved < SLICE) return true;
    }
    return true;
  }
}
