import type { PolicyVersion } from "../../policies/record.js";
import type { StateHealth } from "../health.js";

/** Where an answer came from: this process, the level that processes share, or the store itself. */
export type PolicySource = "process" | "redis" | "store" | (string & {});

/** The answer of a policy cache, and how old it is. */
export interface CachedPolicy {
  /** The active version, `undefined` when there is none. Shared between callers, and unchangeable. */
  readonly policy: PolicyVersion | undefined;
  readonly source: PolicySource;
  /** Milliseconds since the store was asked; never more than the TTL. */
  readonly ageMs: number;
}

/**
 * The active policies, close at hand. An answer is never older than the TTL; an activation that is announced is seen at
 * once in every process that hears of it.
 */
export interface PolicyCache extends AsyncDisposable {
  /**
   * The active version of a policy. While the store is away, answers that are within the TTL are still given, then its
   * error. The error of one query is the error of all who waited for it.
   * @throws `invalid_argument`, and what the store throws
   */
  active(name: string): Promise<CachedPolicy>;
  /**
   * Forgets a policy here, in the shared level, and in every process that hears of it.
   * @throws `unavailable` or `timeout` when others could not be told; here it is forgotten all the same, they are told
   *   when they can be reached again, and until then they stay within the TTL
   */
  invalidate(name: string): Promise<void>;
  /** Reports instead of throwing, except when closed. */
  health(): Promise<StateHealth>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Every method that {@link guardState} goes around. */
export const POLICY_CACHE_OPERATIONS = [
  "active",
  "invalidate",
  "health",
] as const satisfies readonly (keyof PolicyCache)[];
