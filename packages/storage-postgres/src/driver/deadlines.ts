import type { IdleHandles } from "./client/idle-handles.js";

/** Work that must end in time. */
export interface Deadline {
  /** By `performance.now()`. */
  readonly at: number;
  /** Called once, unless the deadline was removed before. */
  readonly late: () => void;
}

/** Timers fire up to a millisecond early. */
const EARLY_MS = 1;

/**
 * The deadlines of work that mostly ends long before, and lasts less than a millisecond. One timer serves them all: a timer for
 * each would cost as much as the rest of what surrounds a statement.
 */
export class Deadlines {
  readonly #waiting = new Set<Deadline>();
  #timer: NodeJS.Timeout | undefined;
  /** When the timer fires; not later than any deadline. */
  #firesAt = Number.POSITIVE_INFINITY;

  /** @param handles the timer keeps the process alive as long as these do */
  constructor(private readonly handles: IdleHandles) {}

  add(deadline: Deadline): void {
    this.#waiting.add(deadline);
    if (deadline.at < this.#firesAt) this.#fireAt(deadline.at);
  }

  remove(deadline: Deadline): void {
    this.#waiting.delete(deadline);
  }

  /** Nothing is late any more. The timer may be that of work that ended long before its deadline, and would keep the process alive. */
  close(): void {
    this.#waiting.clear();
    this.#fireAt(Number.POSITIVE_INFINITY);
  }

  #fireAt(at: number): void {
    this.#forgetTimer();
    this.#firesAt = at;
    if (at === Number.POSITIVE_INFINITY) return;
    this.#timer = this.handles.add(setTimeout(() => this.#fire(), Math.max(0, at - performance.now())));
  }

  #forgetTimer(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.handles.remove(this.#timer);
    this.#timer = undefined;
  }

  #fire(): void {
    const now = performance.now() + EARLY_MS;
    let next = Number.POSITIVE_INFINITY;
    const late: Deadline[] = [];
    for (const deadline of this.#waiting) {
      if (deadline.at <= now) late.push(deadline);
      else next = Math.min(next, deadline.at);
    }
    this.#fireAt(next);
    for (const deadline of late) {
      this.#waiting.delete(deadline);
      deadline.late();
    }
  }
}
