import { StorageError } from "@agent-assembly/storage-core";
import { type ClientOptions, connect, type Sql, type TransactionSql } from "./client/connect.js";
import { IdleHandles } from "./client/idle-handles.js";
import { type Deadline, Deadlines } from "./deadlines.js";
import { errorCode, NO_SUITABLE_SERVER } from "./errors.js";
import { RecordedQueries } from "./recorded-queries.js";
import type { Answer, Statement } from "./statement.js";

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

/** A client of the driver, and what is known of it. */
interface Client {
  readonly sql: Sql;
  /** Pieces of work on it that are in time. */
  users: number;
  /** When it last did what it was asked for, by `performance.now()`. */
  lastAnswer: number;
}

/**
 * Connections to one database. This process enforces a deadline for every piece of work, since a hanging server or
 * network does not. What is late leaves the queue, or is cancelled where its connection is its own. Where it runs on, or
 * nothing was answered in all that time, new work gets new connections, and the old ones are closed once all others have
 * finished on them.
 */
export class Pool {
  #client: Client;
  /** Those that were replaced, and end with their last work. */
  readonly #replaced = new Set<Client>();
  /** Of all clients. */
  readonly #handles = new IdleHandles();
  readonly #deadlines = new Deadlines(this.#handles);
  /** Since when the client has been in use; `undefined` while it has no connection. */
  #connectedAt: number | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #closed = false;
  #running = 0;
  #lastUsed = 0;
  #kept = 0;
  #whenIdle: (() => void) | undefined;

  constructor(readonly options: ClientOptions) {
    this.#client = this.#connect();
  }

  /**
   * Runs one or several statements outside a transaction.
   * @param timeoutMs for all of them; default: the statement timeout and a little more
   * @throws `timeout`; errors of the driver
   */
  run<T>(work: (sql: Sql) => Promise<T>, timeoutMs: number = this.#limit()): Promise<T> {
    const client = this.#current();
    return this.#within(client, timeoutMs, (queries) => work(queries.recorded(client.sql, false)));
  }

  /** Runs one statement alone, for less than {@link run} costs. @throws as there */
  statement(statement: Statement): Promise<Answer> {
    const client = this.#current();
    return this.#within(client, this.#limit(), (queries) => queries.only(client.sql, statement, this.options.prepare));
  }

  /** Runs work in a transaction: committed when it resolves, rolled back when it throws. @throws as {@link run} */
  transaction<T>(
    work: (sql: TransactionSql) => Promise<T>,
    options: {
      readonly mode?: "read only" | "isolation level repeatable read read only";
      readonly timeoutMs?: number;
    } = {},
  ): Promise<T> {
    const client = this.#current();
    const { sql } = client;
    return this.#within(
      client,
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
    const client = this.#current();
    this.#enter(client);
    try {
      return await work(client.sql);
    } finally {
      this.#leave(client);
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
    this.#handles.use();
    if (this.#running + this.#kept > 0) await this.#idleWithin(waitMs);
    // The driver goes on waiting for the answer to a statement whose connection was lost, which has failed long ago.
    await Promise.all([this.#client, ...this.#replaced].map(({ sql }) => sql.end({ timeout: END_SECONDS })));
    this.#deadlines.close();
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
    this.#handles.rest();
    // The driver's own timers for this would keep the process alive (porsager/postgres has no option for it).
    this.#idleTimer ??= setTimeout(() => this.#leaveIdle(), IDLE_MS).unref();
  }

  #leaveIdle(): void {
    this.#idleTimer = undefined;
    if (this.#closed || this.#running + this.#kept > 0 || this.#connectedAt === undefined) return;
    const left = IDLE_MS - this.unusedForMs;
    if (left > 0) this.#idleTimer = setTimeout(() => this.#leaveIdle(), left).unref();
    else this.#renew();
  }

  #connect(): Client {
    return { sql: connect(this.options, { sockets: this.#handles }), users: 0, lastAnswer: 0 };
  }

  /** New work gets new connections; those in use are closed when their work is done. */
  #renew(): void {
    const old = this.#client;
    this.#connectedAt = undefined;
    this.#client = this.#connect();
    if (old.users > 0) this.#replaced.add(old);
    else this.#abandon(old);
  }

  #current(): Client {
    const age = this.#connectedAt === undefined ? 0 : performance.now() - this.#connectedAt;
    if (age > RENEW_MS && !this.#closed) this.#renew();
    return this.#client;
  }

  #refuseClosed(): void {
    if (this.#closed)
      throw new StorageError({ code: "closed", message: "the storage is closed", remedy: "Open it again." });
  }

  #limit(): number {
    return this.options.statementTimeoutMs + GRACE_MS;
  }

  /** With few promises: this surrounds every statement, many of which take less than a millisecond. */
  #within<T>(client: Client, timeoutMs: number, work: (queries: RecordedQueries) => PromiseLike<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#refuseClosed();
      const queries = new RecordedQueries();
      let settled = false;
      let inTime = true;
      const began = performance.now();
      const leave = (): void => {
        if (inTime) this.#leave(client);
        inTime = false;
      };
      const late = (): void => {
        queries.end();
        setTimeout(() => {
          // It has left the queue of a client that serves others.
          if (settled && client.lastAnswer > began) return;
          this.#replace(client);
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
      };
      const deadline: Deadline = { at: began + timeoutMs, late };
      this.#deadlines.add(deadline);
      const finish = (now: number): void => {
        this.#deadlines.remove(deadline);
        settled = true;
        leave();
        this.#running--;
        this.#lastUsed = now;
        this.#finished();
      };
      this.#running++;
      this.#enter(client);
      let done: PromiseLike<T>;
      try {
        done = work(queries);
      } catch (error) {
        done = Promise.reject(error);
      }
      // Once: drizzle's builders run again for each time.
      done.then(
        (result) => {
          client.lastAnswer = performance.now();
          finish(client.lastAnswer);
          resolve(result);
        },
        (error: unknown) => {
          const explained = this.#afterFailure(client, error);
          finish(performance.now());
          reject(explained);
        },
      );
    });
  }

  /** After a write on a server that takes none any more, while one that does is wanted, new work looks for that. */
  #afterFailure(client: Client, error: unknown): unknown {
    const { session, servers } = this.options.target;
    const isDemoted = errorCode(error) === READ_ONLY && (session === "read-write" || session === "primary");
    if (!isDemoted) return error;
    this.#replace(client);
    if (servers.length === 1) return error;
    const message = "the server takes no writes any more";
    return Object.assign(new Error(message, { cause: error }), { code: NO_SUITABLE_SERVER });
  }

  /** For new work; other callers keep what they have. */
  #replace(hanging: Client): void {
    if (!this.#closed && this.#client === hanging) this.#renew();
  }

  #enter(client: Client): void {
    this.#handles.use();
    this.#connectedAt ??= performance.now();
    client.users++;
  }

  #leave(client: Client): void {
    client.users--;
    if (client.users > 0 || !this.#replaced.delete(client)) return;
    if (!this.#closed) this.#abandon(client);
  }

  /** Of a replaced client: what is left on it hangs. */
  #abandon({ sql }: Client): void {
    sql.end({ timeout: 0 }).catch((error: unknown) => {
      if (errorCode(error) === undefined) throw error;
    });
  }
}
