import type { TransactionSql } from "./pool.js";

/** What the driver's queries have besides what it declares: how it settles them. */
interface Settled {
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/**
 * Runs `COPY ... FROM STDIN` and resolves once the server has taken the rows. The driver hands out a stream and then
 * forgets that the server may still refuse the rows: it settles the query a second time, which nobody hears. Here the
 * query is listened to.
 * @param sql a transaction, because the driver sends other queries down any other connection in the middle of the rows
 * @throws what the server answers; nothing is stored then
 */
export async function copyIn(sql: TransactionSql, statement: string, text: string): Promise<void> {
  const query = sql.unsafe(statement);
  const stream = await query.writable();
  await new Promise<void>((resolve, reject) => {
    Object.assign(query as unknown as Settled, { resolve: () => resolve(), reject });
    // Not once: giving up is an error of its own, which comes second.
    stream.on("error", reject);
    stream.end(text);
  });
}
