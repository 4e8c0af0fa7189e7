import { steadyNow } from "./journal.js";

/** How many actions a report shows. */
const KEPT = 100;
/** Among so many of the last ones the same action is counted instead of listed. */
const COUNTED = 30;

interface Action {
  readonly second: string;
  readonly what: string;
  times: number;
}

/** What was done last, and how often each fault came. */
export class ActionLog {
  readonly #start = steadyNow();
  #last: Action[] = [];
  readonly #faults = new Map<string, number>();

  add(what: string): void {
    const second = ((steadyNow() - this.#start) / 1000).toFixed(2).padStart(8);
    const same = this.#last.slice(-COUNTED).find((action) => action.what === what);
    if (same !== undefined) same.times++;
    else this.#last.push({ second, what, times: 1 });
    if (this.#last.length > 2 * KEPT) this.#last = this.#last.slice(-KEPT);
  }

  addFault(name: string, what: string): void {
    this.#faults.set(name, (this.#faults.get(name) ?? 0) + 1);
    this.add(`FAULT ${name}: ${what}`);
  }

  /** Oldest first. */
  get last(): string[] {
    return this.#last
      .slice(-KEPT)
      .map(({ second, what, times }) => `${second}  ${what}${times > 1 ? ` (${times} times)` : ""}`);
  }

  get faults(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#faults);
  }
}
