import type { StateHealth } from "../health.js";

/** A limit per window for one agent, one team, or anything else that is counted. */
export interface RateLimit {
  /** What is counted, e.g. `agent` or `team`. */
  readonly scope: string;
  /** Which one. */
  readonly id: string;
  /** 1 to 1,000,000,000. */
  readonly limit: number;
  /** Milliseconds, 1 to 31 days. Different windows of the same scope and id are counted separately. */
  readonly windowMs: number;
}

/** Options of {@link RateLimiter.check}. */
export interface CheckOptions {
  /** The weight of this check in every limit; default 1; at most the smallest limit. */
  readonly weight?: number | undefined;
  /**
   * Where the counts are kept in stores that span several machines (the hash tag on Redis Cluster): all limits of a
   * check are kept together. The same limit in another partition is counted separately. Default: one partition for all.
   */
  readonly partition?: string | undefined;
}

/** What decided: the shared counts, the counts of this process, or the option for unreachable shared counts. */
export type RateLimitSource = "process" | "redis" | "local" | "fail-open" | "fail-closed" | (string & {});

/** Whether a check is allowed, and how much is left. */
export interface RateLimitAnswer {
  readonly allowed: boolean;
  /** The weight that is still allowed now: the smallest over all limits. */
  readonly remaining: number;
  /** Milliseconds until this check can be allowed if no other check uses the freed capacity; 0 when allowed. */
  readonly retryAfterMs: number;
  /** The limit that refused; of several, the one with the longest wait. */
  readonly refusedBy?: RateLimit;
  readonly source: RateLimitSource;
}

/**
 * Sliding windows: within any span of `windowMs`, the weights of the allowed checks never add up to more than `limit`.
 * A weight is freed `windowMs` after it was counted. Windows longer than a minute count in steps of 1/60,000 of the
 * window, rounded so that the limit holds.
 */
export interface RateLimiter extends AsyncDisposable {
  /**
   * Checks several limits atomically: a check allowed by all counts in all; a check refused by one counts in none.
   * @param limits 1 to 16, each scope, id and window once
   * @throws `invalid_argument`
   */
  check(limits: readonly RateLimit[], options?: CheckOptions): Promise<RateLimitAnswer>;
  /** Reports `down` instead of throwing, except when closed. */
  health(): Promise<StateHealth>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Every method that {@link guardState} wraps. */
export const RATE_LIMIT_OPERATIONS = ["check", "health"] as const satisfies readonly (keyof RateLimiter)[];
