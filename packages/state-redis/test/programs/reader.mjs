// One process of several that read policies through a cache over the same SQLite file and Redis.
// Takes { watch: version }: prints when, by the wall clock, it first served that version; { activate: version }: prints when
// it began to; and { health: true }.
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { openRedisState } from "@agent-assembly/state-redis";
import { announcing } from "@agent-assembly/storage-core/state";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";

const [url, prefix, path, ttlMs] = process.argv.slice(2);
const storage = await openSqliteStorage({ path });
const redis = await openRedisState({ url, prefix, commandTimeoutMs: 500, connectTimeoutMs: 1000 });
const cache = redis.policyCache({ store: storage.policies, ttlMs: Number(ttlMs) });
const policies = announcing(storage.policies, cache);

async function watch(version) {
  for (;;) {
    const { policy, source } = await cache.active("policy");
    if (policy?.version === version) return { at: Date.now(), source };
    await sleep(10);
  }
}

async function activate(version) {
  const at = Date.now();
  await policies.activate("policy", version, { actor: "test" });
  return { at };
}

await cache.active("policy");
console.log(JSON.stringify("ready"));
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  const answer =
    request.watch !== undefined
      ? await watch(request.watch)
      : request.activate !== undefined
        ? await activate(request.activate)
        : await cache.health();
  console.log(JSON.stringify(answer));
}
