import { checkKeys, checkObject, parseInteger } from "../../support/input.js";
import { tooLarge } from "../../support/request-limits.js";
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
  /**
   * Counts kept at a time, 1 to 1,000,000; default 100,000. A count takes up to a megabyte, where its checks are spread over the
   * whole window.
   */
  readonly maxCounts?: number | undefined;
}

const DEFAULT_MAX_COUNTS = 100_000;
/** How many other counts a check looks at that finds no room. */
const SWEPT_WHEN_FULL = 1000;
/** How many other counts each check looks at, to forget those whose window is empty. */
const SWEPT_PER_CHECK = 2;

/**
 * Counts in this process's memory: other processes have counts of their own. A count whose window has emptied is
 * forgotten as others are checked. With as many counts as are kept, a check of another one is refused with `too_large` until
 * one has emptied, and `health` is `degraded`: to forget a count would let its agent begin anew.
 * @throws `invalid_argument`
 */
export function openMemoryRateLimiter(options: MemoryRateLimiterOptions = {}): RateLimiter {
  checkObject("options", options);
  checkKeys("options", options, ["clock", "maxCounts"]);
  const maxCounts = parseInteger("options.maxCounts", options.maxCounts ?? DEFAULT_MAX_COUNTS, 1, 1_000_000);
  const limiter: RateLimiter = new MemoryRateLimiter(parseClock(options.clock ?? systemClock), maxCounts);
  return guardState(limiter, { role: "rateLimits", backend: "memory", operations: RATE_LIMIT_OPERATIONS });
}

class MemoryRateLimiter implements RateLimiter {
  readonly #windows = new Map<string, SlidingWindow>();
  #sweep = this.#windows.entries();

  constructor(
    private readonly clock: Clock,
    private readonly maxCounts: number,
  ) {}

  async check(limits: readonly RateLimit[], options?: CheckOptions): Promise<RateLimitAnswer> {
    const { weight, partition } = parseRateLimitCheck(limits, options);
    const now = this.clock();
    this.#forget(now, SWEPT_PER_CHECK);
    this.#makeRoom(limits, partition, now);
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
    const isFull = this.#windows.size >= this.maxCounts;
    return {
      status: isFull ? "degraded" : "ok",
      backedBy: "process",
      problems: isFull ? [`${this.maxCounts} counts are kept, and checks of others are refused`] : [],
      details: { counts: this.#windows.size, maxCounts: this.maxCounts },
    };
  }

  async close(): Promise<void> {
    this.#windows.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** @throws `too_large` */
  #makeRoom(limits: readonly RateLimit[], partition: string | undefined, now: number): void {
    const isFull = (): boolean => {
      if (this.#windows.size + limits.length <= this.maxCounts) return false;
      const added = limits.filter((limit) => !this.#windows.has(nameOf(limit, partition))).length;
      return added > 0 && this.#windows.size + added > this.maxCounts;
    };
    if (!isFull()) return;
    this.#forget(now, SWEPT_WHEN_FULL);
    if (!isFull()) return;
    throw tooLarge(
      "limits",
      `name counts beyond the ${this.maxCounts} that are kept at a time`,
      "Try again when others have emptied, raise options.maxCounts, or share the counts by Redis.",
    );
  }

  #window(limit: RateLimit, partition: string | undefined): SlidingWindow {
    const name = nameOf(limit, partition);
    const known = this.#windows.get(name);
    if (known !== undefined) return known;
    const window = new SlidingWindow(limit.windowMs);
    this.#windows.set(name, window);
    return window;
  }

  #forget(now: number, count: number): void {
    for (let n = 0; n < count; n++) {
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

function nameOf(limit: RateLimit, partition: string | undefined): string {
  return partition === undefined ? countName(limit) : `${countName(limit)}:${partition}`;
}
