import type postgres from "postgres";

/*
 * postgres.js counts the rows of an answer for each connection, and goes on from there when a statement breaks off in the
 * middle of its rows, by an error or with its connection. The next answer over that connection then begins with holes: it is
 * too long, and its first row is missing. See https://github.com/porsager/postgres/issues/1181 and 1119.
 */

type AnySql = postgres.Sql | postgres.TransactionSql | postgres.ReservedSql;
type Call = (...args: unknown[]) => unknown;
type Answer = unknown[] & { readonly command?: string };

/** The same client, whose answers have no holes; those of its reserved connections neither. */
export function denseAnswers<T extends AnySql>(sql: T): T {
  const { unsafe, reserve } = sql as unknown as { unsafe: Call; reserve?: () => Promise<postgres.ReservedSql> };
  Object.assign(sql, { unsafe: (...args: unknown[]) => dense(unsafe(...args)) });
  if (reserve !== undefined) Object.assign(sql, { reserve: async () => denseAnswers(await reserve()) });
  return new Proxy(sql as unknown as Call, {
    apply: (target, self, args: unknown[]) => dense(Reflect.apply(target, self, args)),
  }) as unknown as T;
}

function dense<T>(query: T): T {
  // A list of values or names for another statement is no query.
  const { resolve } = query as { resolve?: (answer: Answer) => void };
  if (!(query instanceof Promise) || resolve === undefined) return query;
  const close = (answer: Answer): void => {
    // COPY answers with a stream; several statements at once have an answer each.
    if (Array.isArray(answer)) {
      for (const one of answer.command === undefined ? (answer as Answer[]) : [answer]) withoutHoles(one);
    }
    resolve(answer);
  };
  return Object.assign(query, { resolve: close });
}

function withoutHoles(answer: Answer): void {
  if (answer.length === 0 || 0 in answer) return;
  let first = 0;
  while (first < answer.length && !(first in answer)) first++;
  answer.splice(0, first);
}
