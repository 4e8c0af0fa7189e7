import type { Sql } from "./pool.js";

/** What the driver's queries have besides what it declares: how it settles them. */
interface Settled {
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/**
 * Runs `COPY ... FROM STDIN` and resolves once it is committed. The driver hands out a stream and then forgets that the
 * server may still refuse the rows: it settles the query a second time, which nobody hears. Here the query is listened to.
 * @throws what the server answers; nothing is stored then
 */
export async function copyIn(sql: Sql, statement: string, text: string): Promise<void> {
  const query = sql.unsafe(statement);
  const stream = await query.writable();
  await new Promise<void>((resolve, reject) => {
    Object.assign(query as unknown as Settled, { resolve: () => resolve(), reject });
    stream.once("error", reject);
    stream.end(text);
  });
}
