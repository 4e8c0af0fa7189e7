import { openRedisState } from "@agent-assembly/state-redis";
import type { RateLimit } from "@agent-assembly/storage-core/state";
import { startSwallowingProxy } from "@agent-assembly/test-services";
import { RateLimiterRedis, RateLimiterUnion } from "rate-limiter-flexible";
import { createClient } from "redis";
import { type BenchResult, inTurn, judge, seconds, withinBudget } from "../result.js";
import { urlOf, withServices } from "../surroundings.js";

const AGENTS = 1000;
const TEAMS = 20;
/** Never reached: what is measured is counting. */
const LIMIT = 1_000_000;
const WINDOW_MS = 60_000;
/** Checks under way at a time, as those of a busy gateway. */
const AT_ONCE = 64;

/**
 * Checks per second on one Redis, against `rate-limiter-flexible`, both by the same client library and as they come: ours
 * opens a second connection under this load, theirs has the one it is given.
 */
export function rateLimits(quick: boolean): Promise<BenchResult[]> {
  return withServices(["redis"], async (profiles) => {
    const url = urlOf(profiles, "redis");
    return url === undefined ? [] : [...(await measure(url, quick)), await whileSilent(url)];
  });
}

async function measure(url: string, quick: boolean): Promise<BenchResult[]> {
  const rounds = quick ? 3 : 7;
  const checks = quick ? 5000 : 20_000;
  const prefix = `bench:${process.pid}`;
  await using redis = await openRedisState({ url, prefix, commandTimeoutMs: 10_000 });
  const ours = redis.openRateLimiter();
  const client = createClient({ url });
  await client.connect();
  try {
    const theirs = (scope: string) =>
      new RateLimiterRedis({
        storeClient: client,
        useRedisPackage: true,
        keyPrefix: `${prefix}:${scope}`,
        points: LIMIT,
        duration: WINDOW_MS / 1000,
      });
    const agents = theirs("agent");
    const both = new RateLimiterUnion(agents, theirs("team"));
    const limit = (scope: string, n: number): RateLimit => ({ scope, id: `${n}`, limit: LIMIT, windowMs: WINDOW_MS });
    const one = await inTurn(
      rounds,
      () => perSecond(checks, (n) => ours.check([limit("agent", n % AGENTS)])),
      () => perSecond(checks, (n) => agents.consume(`${n % AGENTS}`)),
    );
    const two = await inTurn(
      rounds,
      () => perSecond(checks, (n) => ours.check([limit("agent", n % AGENTS), limit("team", n % TEAMS)])),
      // Not at once, as ours: one may count what the other refuses.
      () => perSecond(checks, (n) => both.consume(`${n % AGENTS}`)),
    );
    const target = { kind: "at least", ratio: 1 } as const;
    return [
      judge("rate-limit checks, one limit", "checks/s", one, target),
      judge("rate-limit checks, agent and team", "checks/s", two, target),
    ];
  } finally {
    client.destroy();
  }
}

/** The longest that a check takes while the server does not answer: none may take much longer than a command may. */
async function whileSilent(url: string): Promise<BenchResult> {
  const commandTimeoutMs = 300;
  const proxy = await startSwallowingProxy(url);
  try {
    await using redis = await openRedisState({ url: proxy.url, prefix: `bench:${process.pid}`, commandTimeoutMs });
    const limiter = redis.openRateLimiter();
    const check = () => limiter.check([{ scope: "agent", id: "silent", limit: LIMIT, windowMs: WINDOW_MS }]);
    await check();
    await proxy.setMode("swallow");
    let longest = 0;
    for (let n = 0; n < 50; n++) longest = Math.max(longest, await seconds(check));
    return withinBudget("rate-limit check while Redis is silent, longest", "ms", longest * 1000, commandTimeoutMs * 2);
  } finally {
    await proxy.stop();
  }
}

async function perSecond(count: number, check: (n: number) => Promise<unknown>): Promise<number> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await check(next++);
  };
  const took = await seconds(() => Promise.all(Array.from({ length: AT_ONCE }, worker)));
  return count / took;
}
