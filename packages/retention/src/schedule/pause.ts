import type { Clock } from "@agent-assembly/storage-core";

/** Timers of the platform wait no longer than 24 days; and a clock that is set must be noticed. */
const LONGEST_MS = 60_000;

/** Waiting that can be ended early. */
export class Pause {
  #wake: (() => void) | undefined;

  /** @param stopped ends this one and every later wait */
  constructor(private readonly stopped: AbortSignal) {
    stopped.addEventListener("abort", () => this.end(), { once: true });
  }

  /** @returns whether the time came, and not an early end */
  async until(ms: number, clock: Clock): Promise<boolean> {
    let ended = this.stopped.aborted;
    while (!ended) {
      const left = ms - clock();
      if (left <= 0) return true;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, LONGEST_MS));
        this.#wake = () => {
          ended = true;
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = undefined;
    }
    return false;
  }

  end(): void {
    this.#wake?.();
  }
}
