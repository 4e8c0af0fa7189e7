import { errorCode } from "./errors.js";
import type { Pool } from "./pool.js";

const ATTEMPTS = 5;
/** Serialization failure and deadlock: the server guarantees that nothing of the transaction was stored. */
export const UNDONE: ReadonlySet<string | undefined> = new Set(["40001", "40P01"]);

/**
 * Repeats a transaction that the server rolled back in favour of another one. Nothing else is repeated: after a lost
 * connection it is unknown whether the transaction was stored, and a repetition might conflict with it.
 * @param work gets the number of the attempt, counted from 1
 * @param undone codes of errors after which to try again
 */
export async function untilUndisturbed<T>(
  work: (attempt: number) => Promise<T>,
  undone: ReadonlySet<string | undefined> = UNDONE,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt);
    } catch (error) {
      if (attempt === ATTEMPTS || !undone.has(errorCode(error))) throw error;
    }
  }
}

/**
 * Sets the timeouts of the current transaction. A session behind a pooler has none of its own: without these, waiting for
 * a lock could use up all connections.
 */
export function sqlOfLimits(options: Pick<Pool["options"], "statementTimeoutMs" | "lockTimeoutMs">): string {
  const { statementTimeoutMs, lockTimeoutMs } = options;
  return `SET LOCAL statement_timeout = ${statementTimeoutMs}; SET LOCAL lock_timeout = ${lockTimeoutMs}`;
}
