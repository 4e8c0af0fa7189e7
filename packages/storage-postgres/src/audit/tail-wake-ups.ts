import type { NotificationListener } from "../driver/listener.js";
import type { Pool } from "../driver/pool.js";

/** Each process sends NOTIFY at most this often, because NOTIFY takes a lock that all sessions of the server share. */
const NOTIFY_EVERY_MS = 50;
/**
 * A caller usually continues with its next call right after an append. An immediate NOTIFY would make that call open
 * another connection.
 */
const PAUSE_MS = 3;

/**
 * Wakes tails after commits: tails of this process at once, those of other processes by LISTEN and NOTIFY. Both are
 * hints; a tail that misses one polls a little later.
 */
export class TailWakeUps {
  /** Made for the first tail that waits: aborting costs as much as the rest of what a commit does here. */
  #waiting: AbortController | undefined;
  #isListening = false;
  #notifying = false;
  #again = false;
  #told: Promise<void> = Promise.resolve();
  #endSleep: (() => void) | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly listening: NotificationListener,
    /** The channel's name. */
    private readonly channel: string,
    private readonly closing: AbortSignal,
  ) {
    closing.addEventListener("abort", () => this.#endSleep?.(), { once: true });
  }

  /** Aborts at the next known commit. */
  next(): AbortSignal {
    this.#listen();
    this.#waiting ??= new AbortController();
    return this.#waiting.signal;
  }

  /** Call after a commit of this process. */
  committed(): void {
    this.#wake();
    this.#again = true;
    if (!this.#notifying) this.#told = this.#notify();
  }

  /** Resolves when other processes have been notified of all commits so far; call it after `closing`. */
  async told(): Promise<void> {
    await this.#told;
  }

  #wake(): void {
    const woken = this.#waiting;
    this.#waiting = undefined;
    woken?.abort();
  }

  #listen(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    const wake = (): void => this.#wake();
    // A commit may have been announced while the connection was lost.
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
      // Only a hint: tails of other processes poll a little later, and the next commit notifies again.
    } finally {
      this.#notifying = false;
    }
  }

  /**
   * Waits until the connections are idle for a moment; under load, no longer than the interval between two messages.
   */
  async #pauseOfPool(): Promise<void> {
    const deadline = performance.now() + NOTIFY_EVERY_MS;
    do await this.#sleep(PAUSE_MS);
    while (this.pool.unusedForMs < PAUSE_MS && performance.now() < deadline && !this.closing.aborted);
  }

  /** Ends early when the store closes. */
  async #sleep(ms: number): Promise<void> {
    if (this.closing.aborted) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#endSleep = resolve;
      timer = setTimeout(resolve, ms).unref();
    });
    clearTimeout(timer);
  }
}
