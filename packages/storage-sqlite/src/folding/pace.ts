import type { Look } from "../counts/tables.js";

/** How a slice ended; `lost`: another process has counted it, events of it were deleted, or an append came first. */
export type Folded = { readonly rows: number; readonly upTo: number } | "lost";

/** What to do now. */
export interface Turn {
  /** How many events to count; 0: none. */
  readonly rows: number;
  /** Events are being stored. */
  readonly isBusy: boolean;
}

/** From so many events on it is worth it: until then, a question reads them in a few milliseconds. */
const WORTH_IT = 2000;
const LOOK_EVERY_MS = 2000;
/** Between two looks while there is something to count, which find out whether events are being stored. */
const LOOK_AGAIN_MS = 150;
/** While events are stored, counting has one part of so many of the time. */
const BUSY_PARTS = 50;
/** Most bursts of events are over after so long: they are counted then, and go undisturbed. */
const BURST_MS = 10_000;
/** Between two slices, for other processes to find the lock free. */
const IDLE_PAUSE_MS = 3;
/** How long a slice should hold the lock: an append of this process does not wait for the longer one. */
const BUSY_HOLD_MS = 15;
const IDLE_HOLD_MS = 200;
const BUSY_ROWS = { least: 500, most: 5000 };
/** The larger a slice is, the more of its events share cells. */
const IDLE_ROWS = { least: 5000, most: 20_000 };
/** Before the first slice was timed. */
const FIRST_MS_PER_ROW = 0.01;

/** Decides when and how much is counted: little while events are stored by any process, all that there is otherwise. */
export class Pace {
  #before: Look | undefined;
  #msPerRow = FIRST_MS_PER_ROW;
  /** Once begun, counting goes on to the end, while nothing is stored. */
  #begun = false;
  #wasBusy = false;
  /** Until when nothing is counted while events are stored. */
  #restUntil = 0;
  /** The position that this process moved to last. */
  #mine: number | undefined;

  /** @param now milliseconds of a clock that does not go back */
  turn(look: Look | undefined, now: number): Turn {
    const before = this.#before;
    this.#before = look;
    const isBusy = look?.newest !== before?.newest;
    const none = { rows: 0, isBusy };
    if (isBusy && !this.#wasBusy) this.#restUntil = Math.max(this.#restUntil, now + BURST_MS);
    this.#wasBusy = isBusy;
    if (look === undefined || before === undefined) return none;
    // Another process is at it.
    const isTaken = look.folded !== before.folded && look.folded !== this.#mine;
    this.#begun = !isTaken && look.backlog >= (this.#begun && !isBusy ? 1 : WORTH_IT);
    if (!this.#begun || (isBusy && now < this.#restUntil)) return none;
    return isBusy ? { rows: this.#rowsFor(BUSY_HOLD_MS, BUSY_ROWS), isBusy } : { rows: this.idleRows, isBusy };
  }

  get idleRows(): number {
    return this.#rowsFor(IDLE_HOLD_MS, IDLE_ROWS);
  }

  /**
   * @param held how long the transaction took, milliseconds
   * @param all ... and to count the slice as well
   */
  spent({ rows, upTo }: Exclude<Folded, "lost">, held: number, all: number, now: number): void {
    this.#mine = upTo;
    this.#restUntil = now + all * BUSY_PARTS;
    if (rows > 0) this.#msPerRow = (this.#msPerRow + Math.max(held / rows, 0.0005)) / 2;
  }

  /** Milliseconds to the next turn. @param folded in this one */
  pause(folded?: Folded): number {
    // By chance, one of several processes is first.
    const jitter = 1 + Math.random() / 2;
    if (folded !== undefined && folded !== "lost") return IDLE_PAUSE_MS;
    const isOpen = this.#begun || (this.#before !== undefined && this.#before.backlog >= WORTH_IT);
    return (isOpen && folded !== "lost" ? LOOK_AGAIN_MS : LOOK_EVERY_MS) * jitter;
  }

  #rowsFor(ms: number, { least, most }: { readonly least: number; readonly most: number }): number {
    return Math.round(Math.min(most, Math.max(least, ms / this.#msPerRow)));
  }
}
