import type { Pool, TransactionSql } from "./pool.js";

/** Counting, compressing and dropping read whole chunks, which may take longer than any statement of the application. */
export const LONGEST_MAINTENANCE_MS = 30 * 60_000;

/** A transaction for looking after stored data: its statements may take long, waiting for locks may not. */
export function maintain<T>(pool: Pool, work: (sql: TransactionSql) => Promise<T>): Promise<T> {
  const { lockTimeoutMs } = pool.options;
  return pool.transaction(
    async (sql) => {
      // Set here too, since behind a pooler the session has neither.
      await sql.unsafe(
        `SET LOCAL statement_timeout = ${LONGEST_MAINTENANCE_MS}; SET LOCAL lock_timeout = ${lockTimeoutMs}`,
      );
      return work(sql);
    },
    { timeoutMs: LONGEST_MAINTENANCE_MS + 3000 },
  );
}
