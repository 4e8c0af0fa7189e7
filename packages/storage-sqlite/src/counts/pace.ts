import type { Look } from "./tables.js";

/** How a slice ended; `lost`: another process has counted it, or events of it were deleted. */
export type Folded = { readonly rows: number; readonly upTo: number } | "lost";

/** From so many events on it is worth it: until then, a question reads them in a few milliseconds. */
const WORTH_IT = 2000;
const LOOK_EVERY_MS = 2000;
/** Between two looks that find out whether somewhere events are stored. */
const LOOK_AGAIN_MS = 200;
/** While events are stored, counting has one part of so many of the time. */
const BUSY_PARTS = 40;
/** Between two slices, for other processes to find the lock free. */
const IDLE_PAUSE_MS = 3;
/** How long a slice should hold the lock. */
const BUSY_HOLD_MS = 15;
const IDLE_HOLD_MS = 60;
const MOST_ROWS = 50_000;
const LEAST_ROWS = 500;
/** Before the first slice was timed. */
const FIRST_MS_PER_ROW = 0.01;

/** Decides when and how much is counted: little while events are stored by any process, all that there is otherwise. */
export class Pace {
  #before: Look | undefined;
  #msPerRow = FIRST_MS_PER_ROW;
  #busy = true;
  /** Once begun, counting goes on to the end, while nothing is stored. */
  #begun = false;
  /** The position that this process moved to last. */
  #mine: number | undefined;

  /** How many events to count now; 0: none. */
  rows(look: Look | undefined): number {
    const before = this.#before;
    this.#before = look;
    this.#busy = look?.newest !== before?.newest;
    if (look === undefined || before === undefined) return 0;
    // Another process is at it.
    const isTaken = look.folded !== before.folded && look.folded !== this.#mine;
    const isWorthIt = look.backlog >= (this.#begun && !this.#busy ? 1 : WORTH_IT);
    this.#begun = isWorthIt && !isTaken;
    if (!this.#begun) return 0;
    return this.#busy ? this.#rowsFor(BUSY_HOLD_MS) : this.idleRows;
  }

  get idleRows(): number {
    return this.#rowsFor(IDLE_HOLD_MS);
  }

  /** @param ms how long the transaction took */
  applied({ rows, upTo }: Exclude<Folded, "lost">, ms: number): void {
    this.#mine = upTo;
    if (rows > 0) this.#msPerRow = (this.#msPerRow + Math.max(ms / rows, 0.0005)) / 2;
  }

  /** Milliseconds to the next look, when nothing was counted. */
  pause(): number {
    const isOpen = this.#before !== undefined && this.#before.backlog >= WORTH_IT;
    return (isOpen ? LOOK_AGAIN_MS : LOOK_EVERY_MS) * (1 + Math.random() / 2);
  }

  /** Milliseconds to the next look, after a slice that took `ms` in all. */
  after(folded: Folded, ms: number): number {
    // By chance, one of several processes is first.
    if (folded === "lost") return LOOK_EVERY_MS * (0.5 + Math.random());
    return this.#busy ? ms * BUSY_PARTS : IDLE_PAUSE_MS;
  }

  #rowsFor(ms: number): number {
    return Math.round(Math.min(MOST_ROWS, Math.max(LEAST_ROWS, ms / this.#msPerRow)));
  }
}
