import { setTimeout as sleep } from "node:timers/promises";
import { openStorage, type StorageOptions } from "@agent-assembly/storage";

/**
 * Run as a program of its own: serves the active version of a policy from its cache, again and again, and prints
 * `{ version, at }` when that has changed. Arguments: options of `openStorage` as JSON, and the policy's name.
 */
const [options = "", name = ""] = process.argv.slice(2);
const storage = await openStorage(JSON.parse(options) as StorageOptions);
let last: number | undefined;
for (;;) {
  const { policy } = await storage.policyCache.active(name);
  const version = policy?.version ?? 0;
  if (version !== last) console.log(JSON.stringify({ version, at: Date.now() }));
  last = version;
  await sleep(2);
}
