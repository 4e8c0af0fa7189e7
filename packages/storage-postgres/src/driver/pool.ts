import { StorageError } from "@agent-assembly/storage-core";
import postgres from "postgres";
import type { ResolvedConnectionOptions } from "../options.js";
import { denseAnswers } from "./dense-answers.js";
import { errorCode } from "./errors.js";
import { RecordedQueries } from "./recorded-queries.js";
import { openSocket, type SocketTarget } from "./socket.js";
import { guardBegin } from "./transaction-guard.js";

export type Sql = postgres.Sql;
/** Inside {@link Pool.transaction}. */
export type TransactionSql = postgres.TransactionSql;
/** A pool or a transaction. */
export type AnySql = Sql | TransactionSql;

export interface PoolOptions extends ResolvedConnectionOptions {
  readonly maxConnections: number;
  /** The application name that the server shows in `pg_stat_activity`. */
  readonly applicationName: string;
  /** Whether commits wait for the disk even if the database or the role turns that off; default false. */
  readonly synchronousCommit?: boolean;
}

/** Time beyond the server's own limits after which the client closes the connection. */
const GRACE_MS = 1000;
/** Pauses between attempts to connect stay short, so that work resumes soon after the server is back. */
const LONGEST_BACKOFF_SECONDS = 1;
/** For late work to end. */
const CANCEL_MS = 1000;
const IDLE_SECONDS = 60;
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
  #closed = false;
  #running = 0;
  #lastUsed = 0;
  #kept = 0;
  #whenIdle: (() => void) | undefined;
  /** Pieces of work on each client that are in time. */
  readonly #users = new Map<Sql, number>();
  /** When a client last did what it was asked for. */
  readonly #lastAnswer = new WeakMap<Sql, number>();

  constructor(readonly options: PoolOptions) {
    this.#sql = connect(options);
  }

  /**
   * Runs one or several statements outside a transaction.
   * @param timeoutMs for all of them; default: the statement timeout and a little more
   * @throws `timeout`; errors of the driver
   */
  run<T>(work: (sql: Sql) => Promise<T>, timeoutMs: number = this.#limit()): Promise<T> {
    const sql = this.#sql;
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
    const sql = this.#sql;
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
    const sql = this.#sql;
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
    if (this.#running + this.#kept === 0) this.#whenIdle?.();
  }

  #refuseClosed(): void {
    if (this.#closed)
      throw new StorageError({ code: "closed", message: "the storage is closed", remedy: "Open it again." });
  }

  #limit(): number {
    return this.options.statementTimeoutMs + GRACE_MS;
  }

  async #within<T>(sql: Sql, timeoutMs: number, work: (queries: RecordedQueries) => Promise<T>): Promise<T> {
    this.#refuseClosed();
    const queries = new RecordedQueries();
    let timer: NodeJS.Timeout | undefined;
    let settled = false;
    let inTime = true;
    const began = performance.now();
    const leave = (): void => {
      if (inTime) this.#leave(sql);
      inTime = false;
    };
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        queries.end();
        setTimeout(() => {
          // It has left the queue of a client that serves others.
          if (settled && (this.#lastAnswer.get(sql) ?? 0) > began) return;
          this.#replace(sql);
          leave();
        }, CANCEL_MS).unref();
        reject(
          new StorageError({
            code: "timeout",
            message: `the server did not answer within ${timeoutMs} ms; the statement was given up`,
            location: { kind: "PostgreSQL" },
          }),
        );
      }, timeoutMs);
    });
    // Wrapped, because drizzle's builders run again for each `await`.
    this.#running++;
    this.#enter(sql);
    const done = (async () => {
      const result = await work(queries);
      this.#lastAnswer.set(sql, performance.now());
      return result;
    })();
    const running = done.finally(() => {
      settled = true;
      leave();
      this.#running--;
      this.#lastUsed = performance.now();
      this.#finished();
    });
    // After a timeout, a rejection would otherwise be unhandled.
    running.catch(() => undefined);
    try {
      return await Promise.race([running, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** For new work; other callers keep what they have. */
  #replace(hanging: Sql): void {
    if (this.#closed || this.#sql !== hanging) return;
    this.#sql = connect(this.options);
    if (!this.#users.has(hanging)) this.#abandon(hanging);
  }

  #enter(sql: Sql): void {
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

/** Callbacks of a listening client. */
export interface ListenerHooks {
  readonly onnotify: (channel: string, payload: string) => void;
  readonly onclose: () => void;
}

/**
 * A client of the driver with our common settings. It connects on first use.
 * @param hooks of a client whose connection stays open until it is ended
 */
export function connect(options: PoolOptions, hooks?: ListenerHooks): Sql {
  const { prepare, statementTimeoutMs, lockTimeoutMs, ssl } = options;
  const sql = postgres(options.url, {
    max: options.maxConnections,
    prepare,
    connect_timeout: Math.max(1, Math.ceil(options.connectTimeoutMs / 1000)),
    ...(hooks === undefined ? { idle_timeout: IDLE_SECONDS } : { max_lifetime: null, ...hooks }),
    backoff: (attempt) => Math.min(0.05 * 2 ** attempt, LONGEST_BACKOFF_SECONDS) * (0.5 + Math.random() / 2),
    // We write and read array types as text, which saves a query for each connection.
    fetch_types: false,
    onnotice: () => undefined,
    ...({ socket: (target: SocketTarget) => openSocket(target, options.connectTimeoutMs) } as object),
    types: { timestamp: asText(1184), json: asText(3802, 114) },
    ...(ssl === undefined ? {} : { ssl }),
    connection: {
      application_name: options.applicationName,
      TimeZone: "UTC",
      DateStyle: "ISO",
      // A pooler in transaction mode rejects sessions with these settings.
      ...(prepare ? { statement_timeout: statementTimeoutMs, lock_timeout: lockTimeoutMs } : {}),
      ...(options.synchronousCommit === true ? { synchronous_commit: "on" } : {}),
    },
  });
  return denseAnswers(guardBegin(sql));
}

/** Times and JSON are read and written as text; drizzle configures the client the same way. */
function asText(...types: [number, ...number[]]): postgres.PostgresType<string> {
  return { to: types[0], from: types, serialize: (value: string) => value, parse: (text: string) => text };
}
