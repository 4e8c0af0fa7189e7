import { StorageError } from "@agent-assembly/storage-core";
import { type ClientOptions, connect, type Sql, type TransactionSql } from "./client/connect.js";
import { IdleSockets } from "./client/idle-sockets.js";
import { errorCode, NO_SUITABLE_SERVER } from "./errors.js";
import { RecordedQueries } from "./recorded-queries.js";

export type { AnySql, Sql, TransactionSql } from "./client/connect.js";

/** Time beyond the server's own limits after which the client closes the connection. */
const GRACE_MS = 1000;
/** For late work to end. */
const CANCEL_MS = 1000;
/** Connections of a pool that is not used for this long are closed. */
const IDLE_MS = 60_000;
/** Connections that are used all the time are replaced after this long, as routes to the server change. */
const RENEW_MS = 45 * 60_000;
/** SQLSTATE of a write on a server, or in a session, that is read-only. */
const READ_ONLY = "25006";
/** For idle connections to say goodbye to the server. */
const END_SECONDS = 1;

/**
 * Connections to one database. This process enforces a deadline for every piece of work, since a hanging server or
 * network does not. What is late leaves the queue, or is cancelled where its connection is its own. Where it runs on, or
 * nothing was answered in all that time, new work gets new connections, and the old ones are closed once all others have
 * finished on them.
 */
export class Pool {
  #sql: Sql;
  /** Of all clients: those that were replaced end with their last work. */
  readonly #sockets = new IdleSockets();
  /** Since when the client has been in use; `undefined` while it has no connection. */
  #connectedAt: number | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #closed = false;
  #running = 0;
  #lastUsed = 0;
  #kept = 0;
  #whenIdle: (() => void) | undefined;
  /** Pieces of work on each client that are in time. */
  readonly #users = new Map<Sql, number>();
  /** When a client last did what it was asked for. */
  readonly #lastAnswer = new WeakMap<Sql, number>();

  constructor(readonly options: ClientOptions) {
    this.#sql = connect(options, { sockets: this.#sockets });
  }

  /**
   * Runs one or several statements outside a transaction.
   * @param timeoutMs for all of them; default: the statement timeout and a little more
   * @throws `timeout`; errors of the driver
   */
  run<T>(work: (sql: Sql) => Promise<T>, timeoutMs: number = this.#limit()): Promise<T> {
    const sql = this.#client();
    return this.#within(sql, timeoutMs, (queries) => work(queries.recorded(sql, false)));
  }

  /** Runs work in a transaction: committed when it resolves, rolled back when it throws. @throws as {@link run} */
  transaction<T>(
    work: (sql: TransactionSql) => Promise<T>,
    options: {
      readonly mode?: "read only" | "isolation level repeatable read read only";
      readonly timeoutMs?: number;
    } = {},
  ): Promise<T> {
    const sql = this.#client();
    return this.#within(
      sql,
      options.timeoutMs ?? this.#limit(),
      (queries) =>
        queries.duringBegin(sql, () =>
          sql.begin(options.mode ?? "", (tx) => work(queries.recorded(tx, true))),
        ) as Promise<T>,
    );
  }

  /** Idle time in milliseconds; 0 while something runs. */
  get unusedForMs(): number {
    return this.#running > 0 ? 0 : performance.now() - this.#lastUsed;
  }

  /** Runs what outlives a statement, such as a cursor, without a deadline. @throws what the driver throws */
  async keep<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    this.#refuseClosed();
    this.#kept++;
    const sql = this.#client();
    this.#enter(sql);
    try {
      return await work(sql);
    } finally {
      this.#leave(sql);
      this.#kept--;
      this.#finished();
    }
  }

  /**
   * Idempotent.
   * @param waitMs how long to wait for running work; default: the longest run of a statement
   */
  async close(waitMs: number = this.#limit()): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idleTimer);
    this.#sockets.use();
    if (this.#running + this.#kept > 0) await this.#idleWithin(waitMs);
    // The driver goes on waiting for the answer to a statement whose connection was lost, which has failed long ago.
    const replaced = [...this.#users.keys()].filter((sql) => sql !== this.#sql);
    await Promise.all([this.#sql, ...replaced].map((sql) => sql.end({ timeout: END_SECONDS })));
  }

  async #idleWithin(waitMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
      timer = setTimeout(resolve, waitMs);
    });
    clearTimeout(timer);
  }

  #finished(): void {
    if (this.#running + this.#kept > 0) return;
    this.#whenIdle?.();
    if (this.#closed) return;
    this.#sockets.rest();
    // The driver's own timers for this would keep the process alive (porsager/postgres has no option for it).
    this.#idleTimer ??= setTimeout(() => this.#leaveIdle(), IDLE_MS).unref();
    this.#idleTimer.refresh();
  }

  #leaveIdle(): void {
    if (this.#closed || this.#running + this.#kept > 0 || this.#connectedAt === undefined) return;
    this.#renew();
  }

  /** New work gets new connections; those in use are closed when their work is done. */
  #renew(): void {
    const old = this.#sql;
    this.#connectedAt = undefined;
    this.#sql = connect(this.options, { sockets: this.#sockets });
    if (!this.#users.has(old)) this.#abandon(old);
  }

  #client(): Sql {
    const age = this.#connectedAt === undefined ? 0 : performance.now() - this.#connectedAt;
    if (age > RENEW_MS && !this.#closed) this.#renew();
    return this.#sql;
  }

  #refuseClosed(): void {
    if (this.#closed)
      throw new StorageError({ code: "closed", message: "the storage is closed", remedy: "Open it again." });
  }

  #limit(): number {
    return this.options.statementTimeoutMs + GRACE_MS;
  }

  /** With few promises: this surrounds every statement, many of which take less than a millisecond. */
  #within<T>(sql: Sql, timeoutMs: number, work: (queries: RecordedQueries) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#refuseClosed();
      const queries = new RecordedQueries();
      let settled = false;
      let inTime = true;
      const began = performance.now();
      const leave = (): void => {
        if (inTime) this.#leave(sql);
        inTime = false;
      };
      const timer = setTimeout(() => {
        queries.end();
        setTimeout(() => {
          // It has left the queue of a client that serves others.
          if (settled && (this.#lastAnswer.get(sql) ?? 0) > began) return;
          this.#replace(sql);
          leave();
        }, CANCEL_MS).unref();
        // What the work settles with later is ignored.
        reject(
          new StorageError({
            code: "timeout",
            message: `the server did not answer within ${timeoutMs} ms; the statement was given up`,
            location: { kind: "PostgreSQL" },
          }),
        );
      }, timeoutMs);
      const finish = (): void => {
        clearTimeout(timer);
        settled = true;
        leave();
        this.#running--;
        this.#lastUsed = performance.now();
        this.#finished();
      };
      this.#running++;
      this.#enter(sql);
      let done: Promise<T>;
      try {
        done = work(queries);
      } catch (error) {
        done = Promise.reject(error);
      }
      // Once: drizzle's builders run again for each time.
      done.then(
        (result) => {
          this.#lastAnswer.set(sql, performance.now());
          finish();
          resolve(result);
        },
        (error: unknown) => {
          const explained = this.#afterFailure(sql, error);
          finish();
          reject(explained);
        },
      );
    });
  }

  /** After a write on a server that takes none any more, while one that does is wanted, new work looks for that. */
  #afterFailure(sql: Sql, error: unknown): unknown {
    const { session, servers } = this.options.target;
    const isDemoted = errorCode(error) === READ_ONLY && (session === "read-write" || session === "primary");
    if (!isDemoted) return error;
    this.#replace(sql);
    if (servers.length === 1) return error;
    const message = "the server takes no writes any more";
    return Object.assign(new Error(message, { cause: error }), { code: NO_SUITABLE_SERVER });
  }

  /** For new work; other callers keep what they have. */
  #replace(hanging: Sql): void {
    if (!this.#closed && this.#sql === hanging) this.#renew();
  }

  #enter(sql: Sql): void {
    this.#sockets.use();
    this.#connectedAt ??= performance.now();
    this.#users.set(sql, (this.#users.get(sql) ?? 0) + 1);
  }

  #leave(sql: Sql): void {
    const users = (this.#users.get(sql) ?? 0) - 1;
    if (users > 0) {
      this.#users.set(sql, users);
      return;
    }
    this.#users.delete(sql);
    if (!this.#closed && sql !== this.#sql) this.#abandon(sql);
  }

  /** Of a replaced client: what is left on it hangs. */
  #abandon(sql: Sql): void {
    sql.end({ timeout: 0 }).catch((error: unknown) => {
      if (errorCode(error) === undefined) throw error;
    });
  }
}
