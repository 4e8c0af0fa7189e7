import { setTimeout as sleep } from "node:timers/promises";
import type { StorageError } from "@agent-assembly/storage-core";
import { classifyPostgresError, errorCode, INSUFFICIENT_PRIVILEGE } from "../driver/errors.js";
import type { Pool } from "../driver/pool.js";
import { type CountedSlice, countSlice } from "./count-slice.js";
import type { CountTables } from "./tables.js";

/** Fewer uncounted events are read from the log in a few milliseconds. */
const FEWEST = 5000;
/** Events of one transaction: a tenth of a second of work beside appends, about a second when there are none. */
const SLICE = { beside: 20_000, alone: 100_000 };
/** Of the time that counting takes, so long are the pauses beside appends. */
const PAUSES = 12;
/** Without an append for this long, there are none to make way for. */
const QUIET_MS = 300;
/** From the first uncounted event on; calls that append much share it. */
const DELAY_MS = 200;
/** Events of other processes are looked for. Those that are only open for a moment never do. */
const LOOK_MS = { first: 5000, later: 600_000 };
/** After a failure, or when another process is at it. */
const RETRY_MS = { failed: 15_000, left: 3000 };
/** A process that leaves more than this behind counts them before it ends, for so long at most. */
const AT_END = { events: 50_000, ms: 4000 };

/** Not for this role, or not on this server or schema: another process counts. Read-only, undefined function, undefined table. */
const NOT_HERE: ReadonlySet<string | undefined> = new Set([INSUFFICIENT_PRIVILEGE, "25006", "42883", "42P01"]);

const PASSING: ReadonlySet<string> = new Set(["busy", "timeout", "unavailable"]);

/**
 * Counts events in the background. Answers count the uncounted ones too, so they never wait for it; they only take longer while
 * there are many. One process does it at a time, in slices, with a small share of the time while events are appended.
 */
export class CountFolder {
  /** Events of this process that are not counted yet, as far as it knows. */
  #waiting = 0;
  #appendedAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  /** Whether the timer is for events that are known to wait. */
  #soon = false;
  #running: Promise<void> | undefined;
  readonly #closing = new AbortController();
  #isElsewhere = false;
  #problem: StorageError | undefined;
  #attempts = 0;

  constructor(
    private readonly pool: Pool,
    private readonly tables: CountTables,
  ) {
    this.#schedule(LOOK_MS.first);
  }

  /** Why the last attempt failed; empty after one that did not. */
  get problems(): readonly string[] {
    return this.#problem === undefined ? [] : [`counts of events are not kept up to date: ${this.#problem.message}`];
  }

  /** How often it has tried. */
  get attempts(): number {
    return this.#attempts;
  }

  /** To be called after a commit. @param events in it */
  added(events: number): void {
    this.#waiting += events;
    this.#appendedAt = performance.now();
    if (this.#waiting >= FEWEST && this.#problem === undefined && !this.#isElsewhere) this.#schedule(DELAY_MS, true);
  }

  /** Ends what it is at, but counts what is left of many events that this process has appended. */
  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#timer);
    const deadline = performance.now() + AT_END.ms;
    // Where the server hangs, the transaction is given up with its connection, and nothing of it is stored.
    await Promise.race([this.#running, sleep(AT_END.ms, undefined, { ref: false })]);
    while (this.#waiting >= AT_END.events && this.#problem === undefined && performance.now() < deadline) {
      if ((await this.#count(SLICE.alone)) !== true) return;
    }
  }

  /** @param sooner replaces a later look */
  #schedule(ms: number, sooner = false): void {
    if (this.#closing.signal.aborted || this.#running !== undefined || this.#isElsewhere) return;
    if (this.#timer !== undefined) {
      if (!sooner || this.#soon) return;
      clearTimeout(this.#timer);
    }
    this.#soon = sooner;
    this.#timer = setTimeout(() => this.#start(), ms).unref();
  }

  #start(): void {
    this.#timer = undefined;
    this.#running = this.#run().then((waitMs) => {
      this.#running = undefined;
      this.#schedule(waitMs);
    });
  }

  /** Never rejects. @returns when to look again */
  async #run(): Promise<number> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const isBeside = performance.now() - this.#appendedAt < QUIET_MS;
      const start = performance.now();
      const more = await this.#count(isBeside ? SLICE.beside : SLICE.alone);
      if (this.#problem !== undefined) return RETRY_MS.failed;
      if (more === undefined) return this.#waiting >= FEWEST ? RETRY_MS.left : LOOK_MS.later;
      if (!more) return this.#waiting >= FEWEST ? DELAY_MS : LOOK_MS.later;
      if (isBeside) await this.#pause((performance.now() - start) * PAUSES);
    }
    return LOOK_MS.later;
  }

  /** Shorter when nothing is appended any more. */
  async #pause(ms: number): Promise<void> {
    const { signal } = this.#closing;
    const end = performance.now() + ms;
    while (!signal.aborted && performance.now() < end && performance.now() - this.#appendedAt < QUIET_MS) {
      const part = Math.min(QUIET_MS, Math.max(1, end - performance.now()));
      await sleep(part, undefined, { ref: false, signal }).catch(() => undefined);
    }
  }

  /** @returns whether there is more to count; `undefined` when another process is at it, or after a failure */
  async #count(most: number): Promise<boolean | undefined> {
    const before = this.#waiting;
    try {
      const slice: CountedSlice | undefined = await countSlice(this.pool, this.tables, { fewest: FEWEST, most });
      this.#problem = undefined;
      if (slice?.more === false) this.#waiting -= before;
      return slice?.more;
    } catch (error) {
      const problem = classifyPostgresError(error);
      if (NOT_HERE.has(errorCode(error)) || problem.code === "closed") this.#isElsewhere = true;
      // What passes is tried again like what another process is at; that a server is away, others notice.
      else this.#problem = PASSING.has(problem.code) ? undefined : problem;
      return undefined;
    } finally {
      this.#attempts++;
    }
  }
}
