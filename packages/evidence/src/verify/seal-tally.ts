import { dayWithin, type SelectedSeal, type TimeRange } from "../folder/selection.js";
import type { FindingList } from "./finding-list.js";

/** What of the events of a range has no entry any more. */
export interface GoneEvents {
  /** On days that lie wholly within the range. */
  readonly within: number;
  /** On days of which only a part does. */
  readonly atEdges: number;
}

/** Counts the events of a seal by day, to compare them with what it says. */
export class SealTally {
  readonly #present = new Map<string, number>();
  /** Events whose entries are gone. */
  #gone = 0;
  #isUnchecked = false;

  constructor(readonly seal: SelectedSeal) {}

  addEvent(ts: string): void {
    const day = ts.slice(0, 10);
    this.#present.set(day, (this.#present.get(day) ?? 0) + 1);
  }

  addGone(): void {
    this.#gone++;
  }

  /** A leaf of which another finding tells, so that the counts say nothing. */
  skip(): void {
    this.#isUnchecked = true;
  }

  /** Compares the counts. What the seal counts and has no entry is what was dropped, day by day. */
  finish(found: FindingList, range: TimeRange): GoneEvents {
    const none = { within: 0, atEdges: 0 };
    if (this.#isUnchecked) return none;
    const { n, end, days } = this.seal;
    let [within, atEdges, all] = [0, 0, 0];
    for (const day of new Set([...Object.keys(days), ...this.#present.keys()])) {
      const gone = (days[day] ?? 0) - (this.#present.get(day) ?? 0);
      if (gone < 0) {
        found.add({
          code: "seal_damaged",
          leaf: end,
          detail: `seal ${n} counts fewer events of ${day} than it closes`,
        });
        return none;
      }
      const place = dayWithin(day, range);
      if (place === "all") within += gone;
      else if (place === "part") atEdges += gone;
      all += gone;
    }
    if (all === this.#gone) return { within, atEdges };
    const detail = `seal ${n} counts ${all} events without an entry, and ${this.#gone} leaves have none`;
    found.add({ code: "seal_damaged", leaf: end, detail });
    return none;
  }
}
