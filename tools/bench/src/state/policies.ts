import { join } from "node:path";
import { openRedisState } from "@agent-assembly/state-redis";
import { type AgentStorage, openStorage, type StorageOptions } from "@agent-assembly/storage";
import { createDatabase } from "@agent-assembly/test-services";
import { type BenchResult, inTurn, judge, seconds } from "../result.js";
import { urlOf, withFolder, withServices } from "../surroundings.js";

/** A document of a few kilobytes, as guardrails are. */
const SOURCE = Array.from({ length: 60 }, (_, n) => `- rule: r${n}\n  allow: tool-${n}\n  limit: ${n * 10}\n`).join("");
const NAMES = ["first", "second"] as const;

/** Looking the active policy up: a hit in the process, and on Redis, against the store itself. */
export function policies(quick: boolean): Promise<BenchResult[]> {
  return withFolder("policies", (folder) =>
    withServices(["postgres", "redis"], async (profiles) => {
      const redisUrl = urlOf(profiles, "redis");
      const sqlite = { backend: "sqlite", path: join(folder, "bench.db") } as const;
      // Redis is there to take load off a database, not to answer sooner than a file on this machine does.
      const results = await measure("SQLite", sqlite, { url: redisUrl, ratio: 0.3 }, quick);
      const server = urlOf(profiles, "postgres");
      if (server === undefined) return results;
      const { url, drop } = await createDatabase(server, "bench");
      try {
        const options = { backend: "postgres", url, timescaledb: "off", migrate: "auto" } as const;
        return [...results, ...(await measure("Postgres", options, { url: redisUrl, ratio: 1 }, quick))];
      } finally {
        await drop();
      }
    }),
  );
}

async function measure(
  what: string,
  options: StorageOptions,
  redis: { readonly url: string | undefined; readonly ratio: number },
  quick: boolean,
): Promise<BenchResult[]> {
  const rounds = quick ? 3 : 7;
  await using storage = await openStorage(options);
  for (const name of NAMES) {
    await storage.policies.save({ name, source: SOURCE, format: "yaml" }, { actor: "bench" });
    await storage.policies.activate(name, 1, { actor: "bench" });
  }
  // Opens the cache, and waits until it hears of changes.
  await storage.stateHealth();
  const fromStore = (): Promise<number> => perSecond(quick ? 500 : 2000, (name) => storage.policies.active(name));
  const fromProcess = (): Promise<number> => perSecond(100_000, (name) => storage.policyCache.active(name));
  const hit = await inTurn(rounds, fromProcess, fromStore);
  const results = [
    judge(`policy look-up in the process, against ${what}`, "look-ups/s", hit, { kind: "at least", ratio: 100 }),
  ];
  if (redis.url !== undefined) {
    const measured = await measureRedis(storage, fromStore, redis.url, rounds);
    const target = { kind: "at least", ratio: redis.ratio } as const;
    results.push(judge(`policy look-up on Redis, against ${what}`, "look-ups/s", measured, target));
  }
  return results;
}

/** Room for one policy in the process, and two asked for in turn: every look-up goes to Redis. */
async function measureRedis(
  storage: AgentStorage,
  fromStore: () => Promise<number>,
  url: string,
  rounds: number,
): ReturnType<typeof inTurn> {
  await using redis = await openRedisState({ url, prefix: `bench:${process.pid}:${storage.name}` });
  const cache = redis.openPolicyCache({ store: storage.policies, maxEntries: 1 });
  const fromRedis = async (): Promise<number> => {
    // What another process would have left there; it is written in the background.
    for (const name of NAMES) while ((await cache.active(name)).source === "store");
    return perSecond(2000, async (name) => {
      const { source } = await cache.active(name);
      if (source !== "redis") throw new Error(`the answer came from ${source}`);
    });
  };
  return await inTurn(rounds, fromRedis, fromStore);
}

/** One after another, as decisions of one agent come. */
async function perSecond(count: number, lookUp: (name: string) => Promise<unknown>): Promise<number> {
  const took = await seconds(async () => {
    for (let n = 0; n < count; n++) await lookUp(NAMES[n % 2] as string);
  });
  return count / took;
}
