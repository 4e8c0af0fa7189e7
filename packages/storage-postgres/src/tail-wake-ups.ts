import { setTimeout as sleep } from "node:timers/promises";
import type { Listening } from "./listening.js";
import type { Pool } from "./pool.js";

/** A server hears of commits at most this often from each process: NOTIFY takes a lock that all its users share. */
const NOTIFY_EVERY_MS = 50;

/**
 * Tells tails of commits: those of this process at once, those of others by LISTEN and NOTIFY. Both are hints; a tail that
 * misses one looks by itself a little later.
 */
export class TailWakeUps {
  #waiting = new AbortController();
  #isListening = false;
  #notifying = false;
  #again = false;

  constructor(
    private readonly pool: Pool,
    private readonly listening: Listening,
    /** The channel's name. */
    private readonly channel: string,
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
    if (!this.#notifying) void this.#notify();
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
        await this.pool.run((sql) => sql.notify(this.channel, ""));
        await sleep(NOTIFY_EVERY_MS, undefined, { ref: false });
      }
    } catch {
      // Only a hint: tails of other processes look by themselves a little later, and the next commit tries again.
    } finally {
      this.#notifying = false;
    }
  }
}
