import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openMemoryRateLimiter } from "../src/state/index.js";

const anyStep = fc.record({
  pause: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 150 })),
  weight: fc.integer({ min: 1, max: 4 }),
});

/** All that was allowed, and what follows from it for a moment, by looking through all of it. */
class Log {
  readonly #allowed: { at: number; weight: number }[] = [];

  constructor(
    private readonly limit: number,
    private readonly windowMs: number,
  ) {}

  used(now: number): number {
    return this.#allowed.filter(({ at }) => at > now - this.windowMs).reduce((sum, { weight }) => sum + weight, 0);
  }

  waitMs(now: number, weight: number): number {
    let wait = 0;
    while (this.used(now + wait) + weight > this.limit) wait++;
    return wait;
  }

  add(at: number, weight: number): void {
    this.#allowed.push({ at, weight });
  }
}

describe("the sliding window", () => {
  it("answers as a look through the whole log does", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 120 }), fc.integer({ min: 4, max: 12 }), async (steps, limit) => {
        const windowMs = 100;
        let now = 1_000_000;
        await using limiter = openMemoryRateLimiter({ clock: () => now });
        const log = new Log(limit, windowMs);
        for (const { pause, weight } of steps) {
          now += pause;
          const waitMs = log.waitMs(now, weight);
          const answer = await limiter.check([{ scope: "agent", id: "a", limit, windowMs }], { weight });
          expect(answer.allowed).toBe(waitMs === 0);
          expect(answer.retryAfterMs).toBe(waitMs);
          if (answer.allowed) log.add(now, weight);
          expect(answer.remaining).toBe(limit - log.used(now));
        }
      }),
    );
  });

  it("never allows more than the limit in any span when a long window counts in steps", async () => {
    let now = 1_000_001;
    const windowMs = 600_000;
    await using limiter = openMemoryRateLimiter({ clock: () => now });
    const limits = [{ scope: "team", id: "t", limit: 3, windowMs }];
    const allowed: number[] = [];
    for (let n = 0; n < 20_000; n++) {
      if ((await limiter.check(limits)).allowed) allowed.push(now);
      now += 97;
    }
    expect(allowed.length).toBeGreaterThan(6);
    for (let n = 3; n < allowed.length; n++) {
      const span = (allowed[n] as number) - (allowed[n - 3] as number);
      expect(span).toBeGreaterThanOrEqual(windowMs);
      expect(span).toBeLessThan(windowMs + 10 + 97 * 3);
    }
  });

  it("forgets counts whose window is empty", async () => {
    let now = 0;
    await using limiter = openMemoryRateLimiter({ clock: () => now });
    for (let n = 0; n < 1000; n++) await limiter.check([{ scope: "agent", id: `a${n}`, limit: 1, windowMs: 100 }]);
    now += 100;
    for (let n = 0; n < 1000; n++) await limiter.check([{ scope: "agent", id: "a", limit: 1, windowMs: 100 }]);
    expect((await limiter.health()).details.counts).toBe(1);
  });
});
