import { setImmediate as nextTurn } from "node:timers/promises";

/** Milliseconds of work after which the event loop gets a turn. */
const SLICE_MS = 5;

/** Keeps a loop whose data are at hand from keeping the event loop from turning. */
export class Turns {
  #since = performance.now();

  /** True when it is time to `await` {@link give}; asked for each event, so it makes no promise. */
  get areDue(): boolean {
    return performance.now() - this.#since >= SLICE_MS;
  }

  async give(): Promise<void> {
    await nextTurn();
    this.#since = performance.now();
  }
}
