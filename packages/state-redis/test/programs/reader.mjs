// One process of several that read policies through a cache over the same SQLite file and Redis.
// Takes { watch: version }: prints { before }, where the answers come from until then, and then { after }, where the first
// answer with that version came from; { activate: version }: prints "activated"; and { health: true }.
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { openRedisState } from "@agent-assembly/state-redis";
import { announcing } from "@agent-assembly/storage-core/state";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";

const [url, prefix, path, ttlMs, commandTimeoutMs] = process.argv.slice(2);
const storage = await openSqliteStorage({ path });
const redis = await openRedisState({ url, prefix, commandTimeoutMs: Number(commandTimeoutMs), connectTimeoutMs: 500 });
const cache = redis.openPolicyCache({ store: storage.policies, ttlMs: Number(ttlMs) });
const policies = announcing(storage.policies, cache);

const tell = (value) => console.log(JSON.stringify(value));

async function watch(version) {
  // What this one finds is kept, where anything is.
  await cache.active("policy");
  tell({ before: (await cache.active("policy")).source });
  for (;;) {
    const { policy, source } = await cache.active("policy");
    if (policy?.version === version) return { after: source };
    await sleep(10);
  }
}

async function activate(version) {
  await policies.activate("policy", version, { actor: "test" });
  return "activated";
}

await cache.active("policy");
tell("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  if (request.watch !== undefined) tell(await watch(request.watch));
  else if (request.activate !== undefined) tell(await activate(request.activate));
  else tell(await cache.health());
}
