import { openRedisState } from "@agent-assembly/state-redis";
import { provideServices } from "@agent-assembly/test-services";
import { RateLimiterRedis } from "rate-limiter-flexible";
import { createClient } from "redis";
import { type BenchResult, inTurn, judge, seconds } from "../result.js";

/** So many that none is refused: both count each check. */
const LIMIT = 1_000_000;
const AGENTS = 50;
const AT_ONCE = [64, 512];

/** Rate-limit checks on one Redis, one limit each, against the library people use today. */
export async function limits(quick: boolean): Promise<BenchResult[]> {
  const { services, stop } = await provideServices(["redis"]);
  try {
    for (const { name, reason } of services.missing) console.error(`not measured on ${name}: ${reason}`);
    const url = services.profiles.find(({ name }) => name === "redis")?.url;
    return url === undefined ? [] : await onRedis(url, quick);
  } finally {
    await stop();
  }
}

async function onRedis(url: string, quick: boolean): Promise<BenchResult[]> {
  await using redis = await openRedisState({ url, prefix: `aasm-bench-${process.pid}` });
  const limiter = redis.rateLimiter();
  const client = createClient({ url });
  await client.connect();
  try {
    const theirs = new RateLimiterRedis({ storeClient: client, useRedisPackage: true, points: LIMIT, duration: 1 });
    const count = quick ? 5_000 : 40_000;
    const results: BenchResult[] = [];
    for (const atOnce of AT_ONCE) {
      const measured = await inTurn(
        quick ? 3 : 7,
        () =>
          perSecond(count, atOnce, async (n) => {
            const { allowed } = await limiter.check([
              { scope: "agent", id: `agent-${n % AGENTS}`, limit: LIMIT, windowMs: 1000 },
            ]);
            if (!allowed) throw new Error("a check was refused");
          }),
        () => perSecond(count, atOnce, async (n) => void (await theirs.consume(`agent-${n % AGENTS}`))),
      );
      const name = `rate-limit checks on Redis, ${atOnce} at once`;
      results.push(judge(name, "checks/s", measured, { kind: "at least", ratio: 1 }));
    }
    return results;
  } finally {
    await client.close();
  }
}

async function perSecond(count: number, atOnce: number, check: (n: number) => Promise<void>): Promise<number> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await check(next++);
  };
  return count / (await seconds(() => Promise.all(Array.from({ length: atOnce }, worker))));
}
