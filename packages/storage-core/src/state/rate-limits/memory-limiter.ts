import { checkKeys, checkObject } from "../../support/input.js";
import { type Clock, systemClock } from "../../time/clock.js";
import { guardState } from "../guard.js";
import type { StateHealth } from "../health.js";
import { parseClock } from "../parse-clock.js";
import {
  type CheckOptions,
  RATE_LIMIT_OPERATIONS,
  type RateLimit,
  type RateLimitAnswer,
  type RateLimiter,
} from "./limiter.js";
import { countName, parseRateLimitCheck } from "./normalize.js";
import { SlidingWindow } from "./sliding-window.js";

/** Options of {@link openMemoryRateLimiter}. */
export interface MemoryRateLimiterOptions {
  /** Milliseconds since any moment; default the system's clock. */
  readonly clock?: Clock | undefined;
}

/** How many other counts each check looks at, to forget those whose window is empty. */
const SWEPT_PER_CHECK = 2;

/**
 * Counts in this process's memory: other processes have counts of their own. A count whose window has emptied is
 * forgotten as others are checked.
 * @throws `invalid_argument`
 */
export function openMemoryRateLimiter(options: MemoryRateLimiterOptions = {}): RateLimiter {
  checkObject("options", options);
  checkKeys("options", options, ["clock"]);
  const limiter: RateLimiter = new MemoryRateLimiter(parseClock(options.clock ?? systemClock));
  return guardState(limiter, { role: "rateLimits", backend: "memory", operations: RATE_LIMIT_OPERATIONS });
}

class MemoryRateLimiter implements RateLimiter {
  readonly #windows = new Map<string, SlidingWindow>();
  #sweep = this.#windows.entries();

  constructor(private readonly clock: Clock) {}

  async check(limits: readonly RateLimit[], options?: CheckOptions): Promise<RateLimitAnswer> {
    const { weight, partition } = parseRateLimitCheck(limits, options);
    const now = this.clock();
    this.#forget(now);
    const counts = limits.map((limit) => {
      const window = this.#window(limit, partition);
      return { limit, window, left: limit.limit - window.used(now) };
    });
    const refused = counts
      .filter(({ left }) => left < weight)
      .map(({ limit, window }) => ({ limit, waitMs: window.whenUsed(limit.limit - weight) - now }))
      .reduce<{ limit: RateLimit; waitMs: number } | undefined>(
        (longest, one) => (longest === undefined || one.waitMs > longest.waitMs ? one : longest),
        undefined,
      );
    const left = Math.max(0, Math.min(...counts.map((count) => count.left)));
    if (refused !== undefined) {
      const { limit, waitMs } = refused;
      return { allowed: false, remaining: left, retryAfterMs: waitMs, refusedBy: { ...limit }, source: "process" };
    }
    for (const { window } of counts) window.add(now, weight);
    return { allowed: true, remaining: left - weight, retryAfterMs: 0, source: "process" };
  }

  async health(): Promise<StateHealth> {
    return { status: "ok", backedBy: "process", problems: [], details: { counts: this.#windows.size } };
  }

  async close(): Promise<void> {
    this.#windows.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #window(limit: RateLimit, partition: string | undefined): SlidingWindow {
    const name = partition === undefined ? countName(limit) : `${countName(limit)}:${partition}`;
    const known = this.#windows.get(name);
    if (known !== undefined) return known;
    const window = new SlidingWindow(limit.windowMs);
    this.#windows.set(name, window);
    return window;
  }

  #forget(now: number): void {
    for (let n = 0; n < SWEPT_PER_CHECK; n++) {
      const next = this.#sweep.next();
      if (next.done === true) {
        this.#sweep = this.#windows.entries();
        return;
      }
      const [name, window] = next.value;
      if (window.used(now) === 0) this.#windows.delete(name);
    }
  }
}
