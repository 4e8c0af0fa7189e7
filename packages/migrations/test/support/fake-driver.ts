import { setTimeout as sleep } from "node:timers/promises";
import type { Migration, MigrationDriver, MigrationRecord, OutsideTransaction } from "../../src/index.js";

/** What several processes share: a history, a lock and a log of the SQL that ran. */
export class FakeDatabase {
  readonly history = new Map<number, MigrationRecord>();
  readonly executed: string[] = [];
  locksTaken = 0;
  #tail: Promise<void> = Promise.resolve();

  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#tail;
    let release: () => void = () => undefined;
    this.#tail = new Promise((resolve) => {
      release = resolve;
    });
    await before;
    this.locksTaken++;
    try {
      return await work();
    } finally {
      release();
    }
  }
}

/** One process's view of a {@link FakeDatabase}; SQL that contains `FAIL` fails. */
export class FakeDriver implements MigrationDriver {
  readonly name = "FakeDB";
  readonly outsideTransaction?: OutsideTransaction;
  /** Thrown instead of running the next SQL. */
  failure: Error | undefined;

  constructor(
    readonly database: FakeDatabase,
    options: { readonly outsideTransaction: boolean } = { outsideTransaction: true },
  ) {
    if (options.outsideTransaction) {
      this.outsideTransaction = {
        mark: async (record) => void this.database.history.set(record.version, record),
        execute: async (statement) => this.#execute(statement),
      };
    }
  }

  lock<T>(work: () => Promise<T>): Promise<T> {
    return this.database.exclusively(work);
  }

  async readHistory(): Promise<readonly MigrationRecord[]> {
    return [...this.database.history.values()].reverse();
  }

  async applyInTransaction(step: Migration, record: () => MigrationRecord): Promise<void> {
    await sleep(1);
    this.#execute(step.sql);
    this.database.history.set(step.version, record());
  }

  #execute(sql: string): void {
    if (this.failure !== undefined) throw this.failure;
    if (sql.includes("FAIL")) throw new Error('syntax error at or near "FAIL"');
    this.database.executed.push(sql);
  }
}
