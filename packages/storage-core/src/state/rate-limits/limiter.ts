import type { StateHealth } from "../health.js";

/** So many per window, for one agent, one team, or whatever else is counted. */
export interface RateLimit {
  /** What is counted, e.g. `agent` or `team`. */
  readonly scope: string;
  /** Which one. */
  readonly id: string;
  /** 1 to 1,000,000,000. */
  readonly limit: number;
  /** Milliseconds, 1 to 31 days. Another window of the same scope and id is a count of its own. */
  readonly windowMs: number;
}

export interface CheckOptions {
  /** What this one counts for, in every limit; default 1; at most the smallest limit. */
  readonly weight?: number | undefined;
  /**
   * Where the counts are kept, for stores that are spread over several machines (the hash tag on Redis Cluster): all limits
   * of a check are in one place. The same limit in another partition is another count. Default: one place for all.
   */
  readonly partition?: string | undefined;
}

/** What decided: the shared counts, this process's own, or an option for when the shared ones are out of reach. */
export type RateLimitSource = "process" | "redis" | "local" | "fail-open" | "fail-closed" | (string & {});

export interface RateLimitAnswer {
  readonly allowed: boolean;
  /** What could follow at once: the smallest over all limits. */
  readonly remaining: number;
  /** Milliseconds until this very check can be allowed if nobody else takes what becomes free; 0 when allowed. */
  readonly retryAfterMs: number;
  /** The limit that refused; of several the one with the longest wait. */
  readonly refusedBy?: RateLimit;
  readonly source: RateLimitSource;
}

/**
 * Sliding windows: of the checks allowed within any span of `windowMs`, wherever it begins, the weights never add up to
 * more than `limit`. A weight is free again `windowMs` after it was counted; windows longer than a minute count in steps
 * of a 60,000th of themselves, in favour of the limit.
 */
export interface RateLimiter extends AsyncDisposable {
  /**
   * Checks several limits at once, atomically: allowed by all, it counts in all; refused by one, in none.
   * @param limits 1 to 16, each scope, id and window once
   * @throws `invalid_argument`
   */
  check(limits: readonly RateLimit[], options?: CheckOptions): Promise<RateLimitAnswer>;
  /** Reports `down` instead of throwing, except when closed. */
  health(): Promise<StateHealth>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Every method that {@link guardState} goes around. */
export const RATE_LIMIT_OPERATIONS = ["check", "health"] as const satisfies readonly (keyof RateLimiter)[];
