import type { DropStatement, RestoreStatement } from "../leaf/entry.js";
import type { LeafRun } from "../leaf/leaf-list.js";
import { LeafLookup, mergeRuns, subtractRuns } from "../leaf/leaf-runs.js";

interface Named {
  readonly statement: DropStatement | RestoreStatement;
  readonly runs: readonly LeafRun[];
}

/** What the statements of a log say of the rows of its leaves. Fed with them in the order of the log. */
export class LeafFates {
  /** By leaf of the statement. */
  readonly #named = new Map<number, Named>();

  /** @param leaf of the statement */
  add(leaf: number, statement: DropStatement | RestoreStatement, runs: readonly LeafRun[]): void {
    // What was done counts, and no longer what was announced.
    if (statement.t === "drop" && statement.intent !== null) this.#named.delete(statement.intent);
    this.#named.set(leaf, { statement, runs });
  }

  /**
   * @returns the leaves whose rows were dropped, or announced to be, and not restored since; and those whose rows were restored, and not
   *   dropped since
   */
  finish(): { readonly dropped: LeafLookup; readonly restored: LeafLookup } {
    let dropped: readonly LeafRun[] = [];
    let restored: readonly LeafRun[] = [];
    // Drops that follow each other are one: only what was restored between them makes a difference.
    let drops: LeafRun[] = [];
    let done: LeafRun[] = [];
    const take = (): void => {
      dropped = mergeRuns([...dropped, ...drops]);
      restored = subtractRuns(restored, mergeRuns(done));
      drops = [];
      done = [];
    };
    for (const { statement, runs } of this.#named.values()) {
      if (statement.t === "drop") {
        append(drops, runs);
        if (statement.intent !== null) append(done, runs);
        continue;
      }
      take();
      dropped = subtractRuns(dropped, runs);
      restored = mergeRuns([...restored, ...runs]);
    }
    take();
    return { dropped: new LeafLookup([dropped]), restored: new LeafLookup([restored]) };
  }
}

function append(to: LeafRun[], runs: readonly LeafRun[]): void {
  for (const run of runs) to.push(run);
}
