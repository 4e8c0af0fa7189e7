import type { LeafRun } from "./leaf-list.js";

/** Leaves as runs, ascending: millions of them may have been dropped together. */
export class LeafRuns {
  readonly #runs: [first: number, count: number][] = [];
  #leaves = 0;

  /** @param leaf behind all that were added before */
  add(leaf: number): void {
    this.#leaves++;
    const last = this.#runs.at(-1);
    if (last !== undefined && last[0] + last[1] === leaf) last[1]++;
    else this.#runs.push([leaf, 1]);
  }

  /** How many leaves. */
  get leaves(): number {
    return this.#leaves;
  }

  get runs(): readonly LeafRun[] {
    return this.#runs;
  }

  /** Each leaf. */
  *[Symbol.iterator](): Generator<number> {
    for (const [first, count] of this.#runs) for (let leaf = first; leaf < first + count; leaf++) yield leaf;
  }
}

/** Whether leaves are in lists of runs. */
export class LeafLookup {
  readonly #runs: readonly LeafRun[];

  /** @param lists which may overlap */
  constructor(lists: readonly (readonly LeafRun[])[]) {
    const merged: [number, number][] = [];
    for (const [first, count] of lists.flat().toSorted(([a], [b]) => a - b)) {
      const last = merged.at(-1);
      if (last === undefined || first > last[0] + last[1]) merged.push([first, count]);
      else last[1] = Math.max(last[1], first + count - last[0]);
    }
    this.#runs = merged;
  }

  has(leaf: number): boolean {
    let [low, high] = [0, this.#runs.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const [first, count] = this.#runs[middle] as LeafRun;
      if (first + count <= leaf) low = middle + 1;
      else high = middle;
    }
    const found = this.#runs[low];
    return found !== undefined && found[0] <= leaf;
  }
}
