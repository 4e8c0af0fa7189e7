import { setTimeout as sleep } from "node:timers/promises";
import type { StorageBackend } from "../backend.js";
import { invalidArgument, isStorageError } from "../errors.js";
import { interceptBackend, type OperationInfo, type WrappedBackend } from "../intercept.js";
import { describeShape } from "../support/describe.js";
import { checkKeys, checkObject } from "../support/input.js";

/** Options of {@link retrying}. */
export interface RetryOptions {
  /** Total number of calls, including the first; 1 to 100, default 4. */
  readonly attempts?: number | undefined;
  /** Pause before the second call, milliseconds; doubles each time, with jitter; default 50. */
  readonly baseDelayMs?: number | undefined;
  /** Longest pause, milliseconds; default 2,000. */
  readonly maxDelayMs?: number | undefined;
}

/**
 * Idempotent writes. Other writes are not repeated, because after a lost connection it is unknown whether the first
 * call took effect. A repeated `agents.update` would fail with its own revision, a repeated `holds.place` would
 * place two holds, and a repeated `audit.append` would store events without an `eventId` twice. Callers that give every
 * event an id may repeat it.
 */
const REPEATABLE_WRITES: ReadonlySet<string> = new Set([
  "agents.heartbeat",
  "partitions.restore",
  "retentionSupport.forgetArchive",
]);

/**
 * Repeats reads and idempotent writes that failed with a retryable error. Iterations are not repeated.
 * @example
 * ```ts
 * import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
 * import { type RetryOptions, retrying } from "@agent-assembly/storage-core/wrappers";
 *
 * const patient: RetryOptions = { attempts: 6, maxDelayMs: 5_000 };
 * await using storage = retrying(openMemoryStorage(), patient);
 * console.log(await storage.audit.count({}));
 * ```
 */
export function retrying<B extends StorageBackend>(backend: B, options: RetryOptions = {}): WrappedBackend<B> {
  checkObject("options", options);
  checkKeys("options", options, ["attempts", "baseDelayMs", "maxDelayMs"]);
  const attempts = positive("attempts", options.attempts, 4, 100);
  const baseDelayMs = positive("baseDelayMs", options.baseDelayMs, 50, 60_000);
  const maxDelayMs = positive("maxDelayMs", options.maxDelayMs, 2_000, 600_000);
  return interceptBackend(backend, {
    async call(operation, run) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await run();
        } catch (error) {
          if (attempt >= attempts || !repeatable(operation) || !isStorageError(error) || !error.retryable) throw error;
          const pause = Math.min(maxDelayMs, baseDelayMs * 2 ** (attempt - 1));
          await sleep(pause * (0.5 + Math.random() / 2));
        }
      }
    },
    iterate: (_operation, run) => run(),
  });
}

function repeatable({ name, access }: OperationInfo): boolean {
  return access === "read" || REPEATABLE_WRITES.has(name);
}

function positive(name: string, value: number | undefined, fallback: number, max: number): number {
  if (value === undefined) return fallback;
  if (!Number.isFinite(value) || value < 1 || value > max) {
    throw invalidArgument(name, `must be a number from 1 to ${max}, got ${describeShape(value)}`);
  }
  return value;
}
