import { setTimeout as sleep } from "node:timers/promises";
import type { Listening } from "../driver/listener.js";
import type { Pool } from "../driver/pool.js";

/** A server hears of commits at most this often from each process: NOTIFY takes a lock that all its users share. */
const NOTIFY_EVERY_MS = 50;
/** Who awaits an append goes on with the next call at once: NOTIFY would make that call open another connection. */
const PAUSE_MS = 3;

/**
 * Tells tails of commits: those of this process at once, those of others by LISTEN and NOTIFY. Both are hints; a tail that
 * misses one looks by itself a little later.
 */
export class TailWakeUps {
  #waiting = new AbortController();
  #isListening = false;
  #notifying = false;
  #again = false;
  #told: Promise<void> = Promise.resolve();

  constructor(
    private readonly pool: Pool,
    private readonly listening: Listening,
    /** The channel's name. */
    private readonly channel: string,
    private readonly closing: AbortSignal,
  ) {}

  /** Aborts at the next commit that comes to be known. */
  next(): AbortSignal {
    this.#listen();
    return this.#waiting.signal;
  }

  /** After a commit of this process. */
  committed(): void {
    this.#wake();
    this.#again = true;
    if (!this.#notifying) this.#told = this.#notify();
  }

  /** Resolves when others were told of all commits so far; to be called after `closing`. */
  async told(): Promise<void> {
    await this.#told;
  }

  #wake(): void {
    const woken = this.#waiting;
    this.#waiting = new AbortController();
    woken.abort();
  }

  #listen(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    const wake = (): void => this.#wake();
    // What was said while nobody listened may have been a commit.
    this.listening.on(this.channel, { heard: wake, resumed: wake });
  }

  async #notify(): Promise<void> {
    this.#notifying = true;
    try {
      while (this.#again) {
        this.#again = false;
        await this.#pauseOfPool();
        await this.pool.run((sql) => sql.notify(this.channel, ""));
        await this.#sleep(NOTIFY_EVERY_MS);
      }
    } catch {
      // Only a hint: tails of other processes look by themselves a little later, and the next commit tries again.
    } finally {
      this.#notifying = false;
    }
  }

  /** Until nothing else uses the connections for a moment; under load no longer than the time between two messages. */
  async #pauseOfPool(): Promise<void> {
    const deadline = performance.now() + NOTIFY_EVERY_MS;
    do await this.#sleep(PAUSE_MS);
    while (this.pool.unusedForMs < PAUSE_MS && performance.now() < deadline && !this.closing.aborted);
  }

  async #sleep(ms: number): Promise<void> {
    // Cut short when it is over.
    await sleep(ms, undefined, { ref: false, signal: this.closing }).catch(() => undefined);
  }
}
