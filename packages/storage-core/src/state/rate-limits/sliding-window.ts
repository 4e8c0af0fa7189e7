import { stepOf } from "./normalize.js";

/** Entries at the front that may have expired before the arrays are shortened. */
const SLACK = 1024;

/**
 * The log of one count: for each moment the total ever counted up to it, so that what is within the window is a
 * difference of two totals, and everything is found by bisection.
 */
export class SlidingWindow {
  readonly #times: number[] = [];
  readonly #totals: number[] = [];
  /** Entries before it have left the window. */
  #head = 0;
  /** The total of what has left the window. */
  #gone = 0;
  #total = 0;

  constructor(private readonly windowMs: number) {}

  /** The weight within the window at `now`. */
  used(now: number): number {
    while (this.#head < this.#times.length && (this.#times[this.#head] as number) <= now - this.windowMs) {
      this.#gone = this.#totals[this.#head] as number;
      this.#head++;
    }
    if (this.#head > SLACK && this.#head * 2 > this.#times.length) {
      this.#times.splice(0, this.#head);
      this.#totals.splice(0, this.#head);
      this.#head = 0;
    }
    return this.#total - this.#gone;
  }

  /** When so much weight is left in the window that no more than `atMost` is; call `used` first. */
  whenUsed(atMost: number): number {
    // The entry that has to leave is the first whose total leaves no more than that behind it.
    const wanted = this.#total - atMost;
    let low = this.#head;
    let high = this.#times.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#totals[middle] as number) >= wanted) high = middle;
      else low = middle + 1;
    }
    return (this.#times[low] as number) + this.windowMs;
  }

  add(now: number, weight: number): void {
    const step = stepOf(this.windowMs);
    const last = this.#times.length - 1;
    const lastTime = this.#times[last] ?? Number.NEGATIVE_INFINITY;
    // Rounded up, so that it leaves late rather than early; a clock that was set back does not reorder the log.
    const time = Math.max(lastTime, Math.ceil(now / step) * step);
    this.#total += weight;
    if (time === lastTime && last >= this.#head) this.#totals[last] = this.#total;
    else {
      this.#times.push(time);
      this.#totals.push(this.#total);
    }
  }
}
