import type { MigrationRecord } from "@agent-assembly/storage-core/backend";
import type { Migration } from "./migration.js";

/** What the runner needs from a database. All calls but the first `readHistory` are made inside `lock`. */
export interface MigrationDriver {
  /** Database kind, for messages. */
  readonly name: string;
  /**
   * Runs `work` while no other process can be inside `lock` of the same database; waits for its turn. Steps applied
   * by `work` stay applied when it throws afterwards.
   * @throws `busy` when the turn does not come in time
   */
  lock<T>(work: () => Promise<T>): Promise<T>;
  /** All rows, in any order; none when the history table does not exist. Creates nothing. */
  readHistory(): Promise<readonly MigrationRecord[]>;
  /**
   * Executes the step and stores its record, both or neither.
   * @param record to be called once the step's SQL has run, so that it carries the duration
   */
  applyInTransaction(step: Migration, record: () => MigrationRecord): Promise<void>;
  /** How to apply a `no-transaction` step; absent where the database cannot hold the lock meanwhile. */
  readonly outsideTransaction?: OutsideTransaction;
}

/** The parts of a step that the database refuses inside a transaction. */
export interface OutsideTransaction {
  /** Stores a record durably, replacing one of the same version. */
  mark(record: MigrationRecord): Promise<void>;
  /** Executes one statement on its own. */
  execute(statement: string): Promise<void>;
}
