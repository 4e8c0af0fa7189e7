import { setTimeout as delay } from "node:timers/promises";

/** A count that may take long on a large store: one is under way at a time, and a caller waits for it only so long. */
export class PatientCount {
  #running: Promise<number> | undefined;

  constructor(private readonly count: () => Promise<number>) {}

  /**
   * @param ms how long to wait
   * @returns `null` when it takes longer, or fails; a later call gets what was begun now
   */
  async within(ms: number): Promise<number | null> {
    if (this.#running === undefined) {
      this.#running = this.count();
      const done = (): void => {
        this.#running = undefined;
      };
      this.#running.then(done, done);
    }
    return Promise.race([this.#running, delay(ms, null, { ref: false })]).catch(() => null);
  }
}
