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
    this.#runs = mergeRuns(lists.flat());
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

/** Runs without overlaps, ascending. */
export function mergeRuns(runs: readonly LeafRun[]): LeafRun[] {
  const merged: [number, number][] = [];
  for (const [first, count] of runs.toSorted(([a], [b]) => a - b)) {
    const last = merged.at(-1);
    if (last === undefined || first > last[0] + last[1]) merged.push([first, count]);
    else last[1] = Math.max(last[1], first + count - last[0]);
  }
  return merged;
}

/** What is left of runs without others; both ascending, without overlaps. */
export function subtractRuns(runs: readonly LeafRun[], others: readonly LeafRun[]): LeafRun[] {
  const left: LeafRun[] = [];
  let at = 0;
  for (const [first, count] of runs) {
    const end = first + count;
    let from = first;
    // Those that end before this run concern no later one either.
    while (at < others.length && endOf(others[at] as LeafRun) <= first) at++;
    for (let other = at; other < others.length; other++) {
      const [start] = others[other] as LeafRun;
      if (start >= end) break;
      if (start > from) left.push([from, start - from]);
      from = Math.max(from, endOf(others[other] as LeafRun));
    }
    if (from < end) left.push([from, end - from]);
  }
  return left;
}

function endOf([first, count]: LeafRun): number {
  return first + count;
}
