import { openRedisState } from "@agent-assembly/state-redis";
import type { PolicyStore } from "@agent-assembly/storage-core";
import { openPolicyCache } from "@agent-assembly/storage-core/state";
import { openPostgresStorage } from "@agent-assembly/storage-postgres";
import { createDatabase, provideServices } from "@agent-assembly/test-services";
import { type BenchResult, inTurn, judge, seconds } from "../result.js";
import { withStores } from "../sqlite/store.js";

const HIT: { readonly kind: "at least"; readonly ratio: number } = { kind: "at least", ratio: 100 };
const NAME = "access";
const OTHER = "other";
const DOCUMENT = { source: `rules:\n${"  - allow: read\n".repeat(50)}`, format: "yaml" } as const;

/**
 * Asks for the active policy: in process, from Redis, and straight from each backend. A hit in the process must be a hundred
 * times as fast as the store.
 */
export async function policies(quick: boolean): Promise<BenchResult[]> {
  const results = await withStores((ours) => against("sqlite", ours.policies, quick));
  const { services, stop } = await provideServices(["timescale-apache", "redis"]);
  try {
    for (const { name, reason } of services.missing) console.error(`not measured on ${name}: ${reason}`);
    const server = services.profiles.find(({ name }) => name === "timescale-apache");
    const redis = services.profiles.find(({ name }) => name === "redis");
    if (server === undefined) return results;
    const database = await createDatabase(server.url, "bench");
    try {
      await using storage = await openPostgresStorage({ url: database.url, migrate: "auto" });
      results.push(...(await against("postgres", storage.policies, quick)));
      if (redis !== undefined) results.push(await byRedis(redis.url, storage.policies, quick));
    } finally {
      await database.drop();
    }
  } finally {
    await stop();
  }
  return results;
}

async function against(backend: string, store: PolicyStore, quick: boolean): Promise<BenchResult[]> {
  await activate(store);
  await using cache = openPolicyCache({ store });
  const measured = await inTurn(
    quick ? 3 : 7,
    () => perSecond(quick ? 100_000 : 500_000, () => cache.active(NAME)),
    () => perSecond(quick ? 200 : 1000, () => store.active(NAME)),
  );
  return [judge(`policy hit in process, against ${backend}`, "lookups/s", measured, HIT)];
}

/** Two names and room for one in the process, so that each look-up goes to Redis. */
async function byRedis(url: string, store: PolicyStore, quick: boolean): Promise<BenchResult> {
  await using redis = await openRedisState({ url, prefix: `aasm-bench-${process.pid}` });
  const cache = redis.policyCache({ store, ttlMs: 600_000, maxEntries: 1 });
  await activate(store, OTHER);
  let turn = 0;
  const measured = await inTurn(
    quick ? 3 : 7,
    () => perSecond(quick ? 200 : 1000, () => cache.active(turn++ % 2 === 0 ? NAME : OTHER)),
    () => perSecond(quick ? 200 : 1000, () => store.active(NAME)),
  );
  const { source } = await cache.active(turn % 2 === 0 ? NAME : OTHER);
  if (source !== "redis") throw new Error(`the answers came from ${source} and not from Redis`);
  return judge("policy from Redis, against postgres", "lookups/s", measured, { kind: "at least", ratio: 0.5 });
}

async function activate(store: PolicyStore, name = NAME): Promise<void> {
  const { version } = await store.save({ ...DOCUMENT, name }, { author: "bench" });
  await store.activate(name, version, { actor: "bench" });
}

async function perSecond(count: number, ask: () => Promise<unknown>): Promise<number> {
  return (
    count /
    (await seconds(async () => {
      for (let i = 0; i < count; i++) await ask();
    }))
  );
}
