import type postgres from "postgres";
import { errorCode } from "../errors.js";
import { denseAnswers } from "./dense-answers.js";

type Work = (sql: postgres.TransactionSql) => unknown;

/** Error codes by which server or system report that a connection is lost; its end is reported a moment later. */
const LOST = /^(CONNECTION_|ECONN|EPIPE|ETIMEDOUT|08|57P0)/;
/** How long the report of a closed connection may follow after the statement that failed because of it. */
const GRACE_MS = 1000;

/**
 * Makes `begin` survive the loss of its connection. The driver would send ROLLBACK, or the next statement of the
 * transaction, to the closed socket, which throws an uncatchable error, or to the new connection, where it runs outside
 * the transaction. With this guard nothing more is sent and `begin` rejects at once.
 */
export function guardBegin(sql: postgres.Sql): postgres.Sql {
  const begin = sql.begin.bind(sql) as (options: string, work: Work) => Promise<unknown>;
  const guarded = (first: string | Work, second?: Work): Promise<unknown> => {
    const [options, work] = typeof first === "string" ? [first, second as Work] : ["", first];
    const state = { gone: false };
    const running = begin(options, (transaction) =>
      outlive(state, () => work(refusing(denseAnswers(transaction), state))),
    );
    running.catch(() => {
      state.gone = true;
    });
    return running;
  };
  return Object.assign(sql, { begin: guarded });
}

/** Settles with the work, but not after the connection is lost: settling would make the driver use it. */
function outlive(state: { readonly gone: boolean }, work: () => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      if (!state.gone) reject(error);
    };
    (async () => work())().then(
      (result) => state.gone || resolve(result),
      (error: unknown) => {
        if (LOST.test(errorCode(error) ?? "")) setTimeout(fail, GRACE_MS, error);
        else fail(error);
      },
    );
  });
}

function refusing(transaction: postgres.TransactionSql, state: { readonly gone: boolean }): postgres.TransactionSql {
  const refuse = (): void => {
    if (!state.gone) return;
    throw Object.assign(new Error("the transaction's connection was lost"), { code: "CONNECTION_CLOSED" });
  };
  const unsafe = transaction.unsafe.bind(transaction) as (...args: unknown[]) => unknown;
  Object.assign(transaction, {
    unsafe: (...args: unknown[]) => {
      refuse();
      return unsafe(...args);
    },
  });
  return new Proxy(transaction, {
    apply(target, self, args: unknown[]) {
      refuse();
      return Reflect.apply(target as unknown as (...args: unknown[]) => unknown, self, args);
    },
  });
}
