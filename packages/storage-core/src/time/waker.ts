/** Sleeps until a timeout or a call of `wake`. A `wake` between two sleeps ends the next sleep at once. */
export class Waker {
  #woken = false;
  #end: (() => void) | undefined;

  /** Ends the current sleep, or the next one. */
  wake(): void {
    this.#woken = true;
    this.#end?.();
  }

  /** @param ms until the timeout */
  async sleep(ms: number): Promise<void> {
    if (!this.#woken) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#end = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#end = undefined;
    this.#woken = false;
  }
}
