import { setTimeout as sleep } from "node:timers/promises";
import { StorageError } from "@agent-assembly/storage-core";
import { errorCode } from "../driver/errors.js";
import type { Sql, TransactionSql } from "../driver/pool.js";

/** While an attempt waits for its lock, all other sessions that need the table queue behind it. */
const ATTEMPT_MS = 1000;
const PAUSE_MS = 500;
const GIVE_UP_MS = 600_000;

/**
 * Runs short work that needs a lock on a table in use, in its own transaction. Each attempt waits a moment for the
 * lock; between attempts, the sessions queued behind it proceed.
 * @param lockTimeoutMs the longest a single attempt may wait
 * @throws `busy` after ten minutes of attempts; errors of the work
 */
export async function withLock<T>(
  sql: Sql,
  lockTimeoutMs: number,
  work: (transaction: TransactionSql) => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + GIVE_UP_MS;
  for (;;) {
    try {
      return (await sql.begin(async (transaction) => {
        await transaction.unsafe(`SET LOCAL lock_timeout = ${Math.min(lockTimeoutMs, ATTEMPT_MS)}`);
        return work(transaction);
      })) as T;
    } catch (error) {
      // lock_not_available, deadlock_detected
      if (!["55P03", "40P01"].includes(errorCode(error) ?? "")) throw error;
      if (performance.now() > deadline) {
        throw new StorageError({
          code: "busy",
          message: "other transactions kept a table locked for ten minutes",
          remedy: "End the long ones and migrate again.",
          cause: error,
        });
      }
    }
    await sleep(PAUSE_MS * (0.5 + Math.random()));
  }
}
