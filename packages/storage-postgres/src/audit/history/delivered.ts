/**
 * The newest transactions that a follower was given rows of. So many need no more: an older one whose end is not in the log
 * of a promoted standby, while the ends of all of these are, would have been seen to end before any of them, although it ended
 * after them.
 */
export const MAX_RECENT = 32;

/** What a follower was given, as far as a server may have lost it. */
export interface Delivered {
  /** Transactions, the newest one last; at most {@link MAX_RECENT}. */
  readonly recent: readonly number[];
  /**
   * Transactions, first and last, any of which may have been delivered as recently, since they were read in one snapshot with
   * some of the recent ones.
   */
  readonly unlisted: readonly [first: number, last: number] | undefined;
}

/** What was delivered to who follows from now on. */
export const NOTHING: Delivered = { recent: [], unlisted: undefined };

/** Keeps {@link Delivered} up to date. */
export class DeliveredTransactions implements Delivered {
  #recent: readonly number[];
  #unlisted: Delivered["unlisted"];
  /** For each of the recent ones, the step that read it. */
  readonly #steps: number[];
  #step = 1;

  /** @param before what was delivered by another tail, whose steps are not known */
  constructor({ recent, unlisted }: Delivered) {
    this.#recent = recent;
    this.#unlisted = unlisted;
    this.#steps = recent.map(() => 0);
  }

  get recent(): readonly number[] {
    return this.#recent;
  }

  get unlisted(): Delivered["unlisted"] {
    return this.#unlisted;
  }

  /** What is added from here on was read in a later snapshot. */
  nextStep(): void {
    this.#step++;
  }

  add(xact: number): void {
    if (this.#recent.at(-1) === xact) return;
    this.#recent = [...this.#recent, xact];
    this.#steps.push(this.#step);
    if (this.#recent.length <= MAX_RECENT) return;
    const [oldest, ...others] = this.#recent as [number, ...number[]];
    const step = this.#steps.shift() as number;
    this.#recent = others;
    if (step !== this.#steps[0]) {
      // All that are listed were read later.
      this.#unlisted = undefined;
      return;
    }
    const [first, last] = this.#unlisted ?? [oldest, oldest];
    this.#unlisted = [Math.min(first, oldest), Math.max(last, oldest)];
  }
}
