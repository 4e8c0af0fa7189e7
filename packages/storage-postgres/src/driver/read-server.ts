import type { AnySql, Pool, TransactionSql } from "./pool.js";

/** A server that reads are sent to, for the time of one call or one iteration. */
export interface ReadServer {
  readonly pool: Pool;
  /**
   * Runs statements that only read. The work returns what it read and changes nothing else, since its result may be thrown
   * away and the work done again elsewhere.
   */
  read<T>(work: (sql: AnySql) => Promise<T>): Promise<T>;
  /** The same, where all statements see one state. */
  snapshot<T>(work: (sql: TransactionSql) => Promise<T>): Promise<T>;
  /** To be called first in a transaction of the pool. @throws an error where the server must not be read from */
  check(sql: TransactionSql): Promise<void>;
  /** To be called behind a statement whose rows are read: later reads see all that it saw. */
  saw(sql: TransactionSql): Promise<void>;
}

/** Says which server a read goes to. */
export interface ReadRouter {
  /** @param work may be done twice, on two servers */
  run<T>(work: (server: ReadServer) => Promise<T>): Promise<T>;
}

/** The one server of a store without a replica. */
export class PrimaryServer implements ReadServer {
  constructor(readonly pool: Pool) {}

  read<T>(work: (sql: AnySql) => Promise<T>): Promise<T> {
    return this.pool.run(work);
  }

  snapshot<T>(work: (sql: TransactionSql) => Promise<T>): Promise<T> {
    return this.pool.transaction(work, { mode: "isolation level repeatable read read only" });
  }

  async check(): Promise<void> {
    // Has every write that was acknowledged.
  }

  async saw(): Promise<void> {
    // Never goes back.
  }
}
