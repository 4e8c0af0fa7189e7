import { removeKeys, testPrefix } from "@agent-assembly/state-redis/testing";
import { openMemoryRateLimiter, type RateLimit, stepOf } from "@agent-assembly/storage-core/state";
import { needing } from "@agent-assembly/test-services/needing";
import { describe, expect, it, onTestFinished } from "vitest";
import { RedisPool } from "../src/driver/pool.js";
import { parseRedisOptions } from "../src/options.js";
import { rateLimitScriptAt } from "../src/rate-limits/script.js";
import { sharedUrl } from "./setup/servers.js";

const CHECKS = 3000;

/** Numbers from 0 up to 1 that look random and are the same in each run (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Many of one count, few of another, and a window that counts in steps. */
const LIMITS: readonly RateLimit[] = [
  { scope: "agent", id: "a", limit: 7, windowMs: 1000 },
  { scope: "team", id: "t", limit: 40, windowMs: 5000 },
  { scope: "tenant", id: "x", limit: 70, windowMs: 90_000 },
];

describe(...needing("redis", "the script of the rate limiter"), () => {
  it.each([1, 2, 3, 4, 5])("answers as the limiter in the process does, check by check (seed %i)", async (seed) => {
    const url = sharedUrl();
    const prefix = testPrefix();
    onTestFinished(() => removeKeys({ url }, prefix));
    const pool = new RedisPool(parseRedisOptions({ url }));
    onTestFinished(() => pool.close());
    await pool.start();
    const random = numbers(seed);
    const pick = (below: number): number => Math.floor(random() * below);
    let now = 1_700_000_000_000;
    await using local = openMemoryRateLimiter({ clock: () => now });
    const refused = new Set<string>();
    for (let n = 0; n < CHECKS; n++) {
      // Bursts, and pauses after which some or all have left.
      const kind = random();
      if (kind < 0.5) now += pick(30);
      else if (kind < 0.9) now += pick(400);
      else if (kind < 0.97) now += pick(6000);
      else if (kind < 0.98) now += pick(120_000);
      const limits = LIMITS.filter(() => random() < 0.6);
      if (limits.length === 0) continue;
      const weight = 1 + pick(3);
      const keys = limits.map(({ scope }) => `${prefix}:{limits}:${scope}`);
      const args = limits.flatMap(({ limit, windowMs }) => [limit, windowMs, stepOf(windowMs)]);
      const given = await rateLimitScriptAt.run(pool, keys, [weight, ...args, now]);
      const [remaining, retryAfterMs, which] = given as [number, number, number];
      const wanted = await local.check(limits, { weight });
      if (wanted.refusedBy !== undefined) refused.add(wanted.refusedBy.scope);
      expect({ n, allowed: which === 0, remaining, retryAfterMs, refusedBy: limits[which - 1]?.scope }).toEqual({
        n,
        allowed: wanted.allowed,
        remaining: wanted.remaining,
        retryAfterMs: wanted.retryAfterMs,
        refusedBy: wanted.refusedBy?.scope,
      });
    }
    expect([...refused].toSorted()).toEqual(["agent", "team", "tenant"]);
  });
});
