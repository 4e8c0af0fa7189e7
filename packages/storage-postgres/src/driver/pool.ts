import { StorageError } from "@agent-assembly/storage-core";
import postgres from "postgres";
import type { ResolvedConnectionOptions } from "../options.js";
import { denseAnswers } from "./dense-answers.js";
import { errorCode } from "./errors.js";
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
const IDLE_SECONDS = 60;
/** For idle connections to say goodbye to the server. */
const END_SECONDS = 1;

/**
 * Connections to one database. This process enforces a deadline for every piece of work, since a hanging server or
 * network does not. If work still hangs after being cancelled, the whole pool is closed and reopened.
 */
export class Pool {
  #sql: Sql;
  #closed = false;
  #running = 0;
  #lastUsed = 0;
  #kept = 0;
  #whenIdle: (() => void) | undefined;

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
    return this.#within(sql, timeoutMs, () => work(sql));
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
      () => sql.begin(options.mode ?? "", work) as Promise<T>,
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
    try {
      return await work(this.#sql);
    } finally {
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
    await this.#sql.end({ timeout: END_SECONDS });
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

  async #within<T>(sql: Sql, timeoutMs: number, work: () => Promise<T>): Promise<T> {
    this.#refuseClosed();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.#replace(sql);
        reject(
          new StorageError({
            code: "timeout",
            message: `the server did not answer within ${timeoutMs} ms; the connections to it were closed and will be opened again`,
            location: { kind: "PostgreSQL" },
          }),
        );
      }, timeoutMs);
    });
    // Wrapped, because drizzle's builders run again for each `await`.
    this.#running++;
    const running = (async () => work())().finally(() => {
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

  #replace(hanging: Sql): void {
    if (this.#closed || this.#sql !== hanging) return;
    this.#sql = connect(this.options);
    hanging.end({ timeout: 0 }).catch((error: unknown) => {
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
