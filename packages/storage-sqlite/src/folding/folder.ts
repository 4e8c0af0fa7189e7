import { isStorageError } from "@agent-assembly/storage-core";
import { applySlice, Preempted } from "../counts/apply.js";
import { CELL_NUMBERS, type CountSlice } from "../counts/slice.js";
import { CountTables } from "../counts/tables.js";
import { isBusy } from "../driver/errors.js";
import { EventLoopYielder } from "../driver/event-loop-yielder.js";
import type { IdleCheckpoint } from "../driver/idle-checkpoint.js";
import type { WriteQueue } from "../driver/write-queue.js";
import type { ScanPool } from "../scan/pool.js";
import { type Folded, Pace } from "./pace.js";

export interface FolderParts {
  readonly scans: Pick<ScanPool, "slice" | "hold">;
  readonly queue: WriteQueue;
  readonly checkpoint: IdleCheckpoint;
}

/** How much to count, and how. */
export interface FoldOptions {
  /** At most so many events. */
  readonly rows: number;
  /** Gives way to an append that comes meanwhile, and counts the next slice ahead. */
  readonly isIdle?: boolean;
}

/** A first look comes late enough for a command to be done by then. */
const FIRST_LOOK_MS = 1000;
/** Other processes that write have to wait no longer than for one another. */
const LOCK_WAIT_MS = 200;
const AFTER_ERROR_MS = 30_000;
/** A process that stored so many events counts them before it ends, but for no longer than this. */
const LEFT_BEHIND = 20_000;
const CLOSING_MS = 4000;
/** Approximate bytes that a cell adds to the log. */
const CELL_LOG_BYTES = 100;

/**
 * Counts events beside the appends, slice by slice: the scanning thread counts a slice, and one transaction adds it to the
 * cells and moves the position. Several processes may do so at once, since a slice is only added where it belongs.
 */
export class CountFolder {
  readonly #tables: CountTables;
  readonly #pace = new Pace();
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<void> | undefined;
  #ahead: { readonly after: number; readonly slice: Promise<CountSlice | undefined> } | undefined;
  #closed = false;
  /** Events that this process has stored. */
  #appended = 0;
  #problem: string | undefined;

  constructor(private readonly parts: FolderParts) {
    this.#tables = new CountTables(parts.queue.connection);
  }

  /** What people should know of it. */
  get notes(): string[] {
    return this.#problem === undefined
      ? []
      : [`events cannot be counted, so that summaries take longer: ${this.#problem}`];
  }

  start(): void {
    this.#schedule(FIRST_LOOK_MS);
  }

  /** Call after appends of this process. */
  appended(events: number): void {
    this.#appended += events;
  }

  /** The last slice is finished; what a process stored itself is counted if that takes a few seconds. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.parts.scans.hold();
    await this.#turn;
    if (this.#appended < LEFT_BEHIND || this.#problem !== undefined) return;
    const end = performance.now() + CLOSING_MS;
    const isLeft = (): boolean => (this.#tables.look()?.backlog ?? 0) > LEFT_BEHIND / 2;
    try {
      while (isLeft() && performance.now() < end) {
        if ((await this.fold({ rows: this.#pace.idleRows, isIdle: true })) === "lost") return;
      }
    } catch {
      // The events are stored, and the next process counts them: no reason for a close to fail.
    }
  }

  /** Counts events behind the position. @throws the driver's errors; `busy` */
  async fold({ rows, isIdle = false }: FoldOptions): Promise<Folded> {
    const { queue, checkpoint } = this.parts;
    const state = this.#tables.state();
    const slice = state && (await this.#slice(state.foldedSeq, rows));
    if (slice === undefined) return "lost";
    // Nothing is read in the thread at this moment. While something is, the log cannot begin anew, and would grow until all is
    // counted.
    checkpoint.now();
    if (isIdle && slice.rows === rows) this.#prepare(slice.upTo, rows);
    let started = 0;
    try {
      const isUnwanted = (): boolean => isIdle && queue.isAwaited;
      const added = await queue.transaction(
        () => {
          started = performance.now();
          return applySlice(this.#tables, slice, new EventLoopYielder(), isUnwanted);
        },
        { timeoutMs: LOCK_WAIT_MS },
      );
      if (!added) return "lost";
    } catch (error) {
      if (error instanceof Preempted) return "lost";
      throw error;
    }
    const now = performance.now();
    this.#pace.spent(slice, now - started, now - started + slice.ms, now);
    checkpoint.wrote((slice.cells.length / CELL_NUMBERS) * CELL_LOG_BYTES);
    if (this.#ahead === undefined) checkpoint.idle();
    return slice;
  }

  #slice(after: number, rows: number): Promise<CountSlice | undefined> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    return ahead?.after === after ? ahead.slice : this.parts.scans.slice({ after, rows });
  }

  /** While this thread adds a slice, the other one counts the next. */
  #prepare(after: number, rows: number): void {
    const slice = this.parts.scans.slice({ after, rows });
    // Its errors are for the turn that uses it, if there is one.
    slice.catch(() => undefined);
    this.#ahead = { after, slice };
  }

  #schedule(ms: number): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#turn = this.#run();
    }, ms);
    // Nothing is lost when the process ends: the next one counts what is left.
    this.#timer.unref();
  }

  async #run(): Promise<void> {
    try {
      const { rows, isBusy } = this.#pace.turn(this.#tables.look(), performance.now());
      const folded = rows === 0 ? undefined : await this.fold({ rows, isIdle: !isBusy });
      if (folded !== undefined) this.#problem = undefined;
      this.#schedule(this.#pace.pause(folded));
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    if (this.#closed) return;
    // A lock that others hold, and a thread that ended, are no problem of the store.
    const passing = isBusy(error) || isStorageError(error, "busy") || isStorageError(error, "unavailable");
    if (!passing) this.#problem = error instanceof Error ? error.message : String(error);
    this.#schedule(passing ? this.#pace.pause("lost") : AFTER_ERROR_MS);
  }
}
