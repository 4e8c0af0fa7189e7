import type { TransactionSql } from "./pool.js";

/** Members of the driver's queries that it does not declare: how it settles them. */
interface Settled {
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/**
 * Runs `COPY ... FROM STDIN` and resolves once the server has accepted the rows. The driver returns a stream and
 * ignores that the server may still reject the rows: it settles the query a second time, without effect. Here the
 * second result counts.
 * @param sql a transaction, because on any other connection the driver sends other queries in the middle of the rows
 * @throws the server's error; nothing is stored then
 */
export async function copyIn(sql: TransactionSql, statement: string, text: string): Promise<void> {
  const query = sql.unsafe(statement);
  const stream = await query.writable();
  await new Promise<void>((resolve, reject) => {
    Object.assign(query as unknown as Settled, { resolve: () => resolve(), reject });
    // Not `once`: cancelling causes an error of its own, which comes second.
    stream.on("error", reject);
    stream.end(text);
  });
}
