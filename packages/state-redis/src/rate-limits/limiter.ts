import {
  type CheckOptions,
  countName,
  openMemoryRateLimiter,
  parseRateLimitCheck,
  type RateLimit,
  type RateLimitAnswer,
  type RateLimiter,
  type StateHealth,
  stepOf,
} from "@agent-assembly/storage-core/state";
import { classifyRedisError } from "../driver/errors.js";
import type { RedisPool } from "../driver/pool.js";
import { poolHealth } from "../driver/pool-health.js";
import { integerReply, listReply } from "../driver/replies.js";
import type { RedisKeys } from "../keys.js";
import type { ResolvedRateLimiterOptions, UnavailableMode } from "../rate-limit-options.js";
import { rateLimitScript } from "./script.js";

/** When to ask again after a refusal that no count is behind, milliseconds. */
const ASK_AGAIN_MS = 1000;

const STANDS_ON: Readonly<Record<UnavailableMode, string>> = {
  local: "redis is away: this process counts for itself",
  "fail-open": "redis is away: everything is allowed",
  "fail-closed": "redis is away: everything is refused",
};

/** Counts that all processes share. Times are the server's. */
export class RedisRateLimiter implements RateLimiter {
  readonly #local = openMemoryRateLimiter();
  readonly #options: ResolvedRateLimiterOptions;

  constructor(
    private readonly pool: RedisPool,
    private readonly keys: RedisKeys,
    options: ResolvedRateLimiterOptions,
  ) {
    this.#options = options;
  }

  async check(limits: readonly RateLimit[], options?: CheckOptions): Promise<RateLimitAnswer> {
    const { weight, partition } = parseRateLimitCheck(limits, options);
    const keys = limits.map((limit) => this.keys.rateLimit(countName(limit), partition));
    const numbers = [weight];
    for (const { limit, windowMs } of limits) numbers.push(limit, windowMs, stepOf(windowMs));
    let answer: readonly unknown[];
    try {
      answer = listReply(await rateLimitScript.run(this.pool, keys, numbers), 3);
    } catch (error) {
      const problem = classifyRedisError(error);
      if (!problem.retryable) throw problem;
      return this.#withoutRedis(limits, weight, partition);
    }
    const [remaining, retryAfterMs] = [integerReply(answer[0]), integerReply(answer[1])];
    const refusedBy = limits[integerReply(answer[2]) - 1];
    const source = "redis";
    if (refusedBy === undefined) return { allowed: true, remaining, retryAfterMs, source };
    return { allowed: false, remaining, retryAfterMs, refusedBy: { ...refusedBy }, source };
  }

  async health(): Promise<StateHealth> {
    return poolHealth(this.pool, STANDS_ON[this.#options.onUnavailable], "degraded");
  }

  async close(): Promise<void> {
    await this.#local.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #withoutRedis(
    limits: readonly RateLimit[],
    weight: number,
    partition: string | undefined,
  ): Promise<RateLimitAnswer> {
    const { onUnavailable, localShare } = this.#options;
    const source = onUnavailable;
    if (onUnavailable === "fail-open") {
      const remaining = Math.min(...limits.map(({ limit }) => limit)) - weight;
      return { allowed: true, remaining, retryAfterMs: 0, source };
    }
    const first = limits[0] as RateLimit;
    if (onUnavailable === "fail-closed") {
      return { allowed: false, remaining: 0, retryAfterMs: ASK_AGAIN_MS, refusedBy: { ...first }, source };
    }
    const shares = limits.map((limit) => ({ ...limit, limit: Math.max(1, Math.floor(limit.limit * localShare)) }));
    const tooSmall = shares.findIndex(({ limit }) => limit < weight);
    if (tooSmall >= 0) {
      const refusedBy = { ...(limits[tooSmall] as RateLimit) };
      return { allowed: false, remaining: 0, retryAfterMs: ASK_AGAIN_MS, refusedBy, source };
    }
    const answer = await this.#local.check(shares, { weight, partition });
    if (answer.refusedBy === undefined) return { ...answer, source };
    const { scope, id, windowMs } = answer.refusedBy;
    const asked = limits.find((limit) => limit.scope === scope && limit.id === id && limit.windowMs === windowMs);
    return { ...answer, refusedBy: { ...(asked ?? first) }, source };
  }
}
