import type { Subject } from "./subject.js";

/** What a store was filled with. */
export interface Filled {
  readonly rows: number;
  /** When filling began; milliseconds since the epoch. */
  readonly now: number;
}

/** One line of the table. */
export interface Measure {
  readonly name: string;
  readonly unit: "ms" | "s" | "events/s" | "%";
  /** Measurements of each store, in turn. */
  readonly rounds: number;
  /** Prepares what does not count. @returns makes one measurement, in `unit` */
  begin(subject: Subject, filled: Filled): Promise<() => Promise<number>>;
}
