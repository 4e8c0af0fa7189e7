import { setTimeout as sleep } from "node:timers/promises";
import { StorageError } from "@agent-assembly/storage-core";
import { isBusy, locationOf } from "./errors.js";

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
 * Repeats `attempt` while SQLite reports that another connection holds the lock. Sleeps between attempts without
 * blocking the event loop, unlike the driver's own busy wait. Jitter keeps waiters from colliding.
 * @param attempt must have no effect when it throws, so that it can be repeated
 * @throws `busy` when the time is up; any other error of the attempt
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
    location: locationOf(path),
    message: `another process held the write lock for longer than ${timeoutMs} ms`,
    option: "options.busyTimeoutMs",
    remedy: "Try again, end that process, or raise {option}.",
    cause,
  });
}
