import type { Place } from "./item.js";

export interface ImportProblem extends Place {
  readonly code: string;
  readonly reason: string;
}

/** How many are kept: a file of another kind is wrong in every line, and a hundred say as much as a million. */
const KEPT = 100;

/** The parts of a file that were not stored, counted in full and listed up to a limit. */
export class ProblemList {
  readonly #list: ImportProblem[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get list(): readonly ImportProblem[] {
    return this.#list;
  }

  add(place: Place, code: string, reason: string): void {
    this.#count++;
    if (this.#list.length < KEPT) this.#list.push({ ...place, code, reason });
  }
}
