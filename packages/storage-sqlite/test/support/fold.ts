import type { StorageBackend } from "@agent-assembly/storage-core";
import Database from "better-sqlite3";
import { applySlice } from "../../src/counts/apply.js";
import { type CountSlice, SliceCounter } from "../../src/counts/slice.js";
import { CountTables } from "../../src/counts/tables.js";
import { verifyCounts } from "../../src/counts/verify.js";
import { EventLoopYielder } from "../../src/driver/event-loop-yielder.js";

/** Folds by hand, over connections of its own, as another process would. */
export class HandFolder implements Disposable {
  readonly db: Database.Database;
  readonly tables: CountTables;
  readonly #counter: SliceCounter;

  constructor(path: string) {
    this.db = new Database(path);
    this.db.pragma("synchronous = OFF");
    this.tables = new CountTables(this.db);
    this.#counter = new SliceCounter(this.db);
  }

  /** The next slice, not added yet. */
  slice(rows: number): CountSlice {
    const slice = this.#counter.count({ after: this.tables.state()?.foldedSeq ?? 0, rows });
    if (slice === undefined) throw new Error("the store keeps no counts");
    return slice;
  }

  /** @returns whether it was still what the store needs */
  async apply(slice: CountSlice): Promise<boolean> {
    this.db.exec("BEGIN IMMEDIATE");
    try {
      return await applySlice(this.tables, slice, new EventLoopYielder());
    } finally {
      this.db.exec("COMMIT");
    }
  }

  async fold(rows = 1_000_000): Promise<void> {
    await this.apply(this.slice(rows));
  }

  /** What the check of the store finds. */
  verify(): Promise<string[]> {
    return verifyCounts(this.db);
  }

  [Symbol.dispose](): void {
    this.db.close();
  }
}

/** @returns the file of a store */
export function pathOf({ location }: StorageBackend): string {
  if (location === undefined) throw new Error("the store has no file");
  return location;
}
