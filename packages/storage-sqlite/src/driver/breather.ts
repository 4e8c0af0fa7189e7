/** Longest stretch of work before the event loop gets a turn, milliseconds. */
const SLICE_MS = 5;

/**
 * Gives the event loop its turns. Awaiting alone does not: a synchronous driver answers within microtasks, and a caller
 * that awaits call after call would keep timers and sockets waiting for the whole of its loop.
 */
export class Breather {
  #since = performance.now();

  /** `undefined` while there is time left, so that most callers need not await. */
  due(): Promise<void> | undefined {
    if (performance.now() - this.#since < SLICE_MS) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#since = performance.now();
        resolve();
      });
    });
  }
}
