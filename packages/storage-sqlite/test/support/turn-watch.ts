/**
 * Counts the turns of the event loop, and how much of something happens between two of them. A turn is where timers and
 * sockets are served; how long one takes is a matter of the machine, how much is done in one is not.
 */
export class TurnWatch implements Disposable {
  turns = 0;
  /** The most that was counted between two turns. */
  most = 0;
  #inTurn = 0;
  #next: NodeJS.Immediate | undefined;

  constructor() {
    this.#await();
  }

  count(amount = 1): void {
    this.#inTurn += amount;
    this.most = Math.max(this.most, this.#inTurn);
  }

  [Symbol.dispose](): void {
    clearImmediate(this.#next);
  }

  #await(): void {
    this.#next = setImmediate(() => {
      this.turns++;
      this.#inTurn = 0;
      this.#await();
    });
  }
}
