import { setTimeout as sleep } from "node:timers/promises";
import { StorageError } from "@agent-assembly/storage-core";
import { isBusy } from "./errors.js";

export interface BusyRetryOptions {
  /** Milliseconds to keep trying; 0: one attempt. */
  readonly timeoutMs: number;
  /** Names the database in the error. */
  readonly path: string;
  /** Ends the wait with an `AbortError`. */
  readonly signal?: AbortSignal | undefined;
}

const FIRST_WAIT_MS = 2;
const LONGEST_WAIT_MS = 60;

/**
 * Repeats `attempt` while SQLite answers that somebody else holds the lock, sleeping between attempts with the event
 * loop free (the driver's own busy wait blocks it). Jitter keeps waiters from colliding in step.
 * @param attempt must leave nothing behind when it throws, so that repeating it is exact
 * @throws `busy` when the time is up; anything else the attempt throws
 */
export async function retryWhileBusy<T>(attempt: () => T, options: BusyRetryOptions): Promise<T> {
  const deadline = performance.now() + options.timeoutMs;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error)) throw error;
      const left = deadline - performance.now();
      if (left <= 0) throw stillBusy(options, error);
      await sleep(Math.min(left, wait * (0.5 + Math.random())), undefined, { signal: options.signal });
    }
  }
}

function stillBusy({ path, timeoutMs }: BusyRetryOptions, cause: unknown): StorageError {
  return new StorageError({
    code: "busy",
    message:
      `SQLite database ${path}: another process held the write lock for longer than ${timeoutMs} ms; ` +
      "try again, end that process, or raise busyTimeoutMs",
    cause,
  });
}
