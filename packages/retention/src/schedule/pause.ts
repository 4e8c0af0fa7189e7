import type { Clock } from "@agent-assembly/storage-core";
import { Waker } from "@agent-assembly/storage-core/backend";

/** Timers of the platform wait no longer than 24 days; and a clock that is set must be noticed. */
const LONGEST_MS = 60_000;

/** Waiting that can be ended early. */
export class Pause {
  #end: (() => void) | undefined;

  /** @param stopped ends this one and every later wait */
  constructor(private readonly stopped: AbortSignal) {
    stopped.addEventListener("abort", () => this.end(), { once: true });
  }

  /** @returns whether the time came, and not an early end */
  async until(ms: number, clock: Clock): Promise<boolean> {
    const waker = new Waker();
    let ended = this.stopped.aborted;
    this.#end = () => {
      ended = true;
      waker.wake();
    };
    try {
      while (!ended) {
        const remaining = ms - clock();
        if (remaining <= 0) return true;
        await waker.sleep(Math.min(remaining, LONGEST_MS));
      }
      return false;
    } finally {
      this.#end = undefined;
    }
  }

  end(): void {
    this.#end?.();
  }
}
