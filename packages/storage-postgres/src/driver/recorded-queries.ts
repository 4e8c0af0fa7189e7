import { StorageError } from "@agent-assembly/storage-core";
import type postgres from "postgres";
import type { Value } from "../sql/bindings.js";
import type { Answer, Statement } from "./statement.js";

/** A statement of the driver: a promise that can also be cancelled. */
interface Query {
  /** Its connection; `null` while it waits for one. */
  readonly state: unknown;
  /** What `cancel` of the driver calls, once. */
  canceller: ((query: Query) => Promise<void>) | null;
}

type Call = (...args: unknown[]) => unknown;

/** Of one piece of work, as far as they are remembered: the ones that can still run come last. */
const REMEMBERED = 64;

/**
 * The statements of one piece of work, so that they can be ended without touching those of others: one that still waits for a
 * connection leaves the queue, and the server is asked to cancel what a transaction runs. Outside a transaction a connection is
 * shared: the driver sends further statements before the first is answered, and the server's cancelling could hit one of
 * those. After the end no more are sent.
 */
export class RecordedQueries {
  readonly #queries: { readonly query: Query; readonly ownsConnection: boolean }[] = [];
  #ended = false;

  /** What `begin` sends at once: the driver's own BEGIN. */
  duringBegin<T>(sql: postgres.Sql, begin: () => T): T {
    const before = sql.unsafe;
    Object.assign(sql, { unsafe: (...args: unknown[]) => this.#note(Reflect.apply(before as Call, sql, args), false) });
    try {
      return begin();
    } finally {
      Object.assign(sql, { unsafe: before });
    }
  }

  /**
   * The same client or transaction for this work alone.
   * @param ownsConnection true in a transaction
   */
  recorded<S extends postgres.Sql | postgres.TransactionSql>(sql: S, ownsConnection: boolean): S {
    const unsafe = (...args: unknown[]): unknown => {
      this.#refuseEnded();
      const query = (sql as postgres.Sql).unsafe(...(args as Parameters<postgres.Sql["unsafe"]>));
      return this.#note(query, ownsConnection);
    };
    return new Proxy(sql as unknown as Call, {
      apply: (target, self, args: unknown[]) => {
        this.#refuseEnded();
        return this.#note(Reflect.apply(target, self, args), ownsConnection);
      },
      get: (target, name) => (name === "unsafe" ? unsafe : Reflect.get(target, name)),
    }) as unknown as S;
  }

  /** One statement of a client, outside a transaction. */
  only(sql: postgres.Sql, { text, values }: Statement, prepare: boolean): PromiseLike<Answer> {
    return this.#note(sql.unsafe(text, values as Value[], { prepare }), false) as PromiseLike<Answer>;
  }

  end(): void {
    this.#ended = true;
    for (const { query, ownsConnection } of this.#queries) {
      if (ownsConnection || query.state === null) cancel(query);
    }
  }

  #refuseEnded(): void {
    if (!this.#ended) return;
    throw new StorageError({ code: "timeout", message: "the time of this call is over" });
  }

  #note(query: unknown, ownsConnection: boolean): unknown {
    // A list of values or names for another statement is no query.
    if (query instanceof Promise && "cancel" in query) {
      if (this.#queries.length >= REMEMBERED) this.#queries.shift();
      this.#queries.push({ query: query as unknown as Query, ownsConnection });
    }
    return query;
  }
}

/**
 * The driver's own `cancel` drops the promise of the attempt: where no server can be connected to, as during a
 * failover, its rejection would end the process.
 */
function cancel(query: Query): void {
  const { canceller } = query;
  query.canceller = null;
  // The caller has its answer, and the server ends what it runs by its own limits.
  canceller?.(query).catch(() => undefined);
}
