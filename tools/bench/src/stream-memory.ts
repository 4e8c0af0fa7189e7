import { openStorage, type StorageOptions } from "@agent-assembly/storage";

/**
 * Run as a program of its own, so that what others left in memory hides nothing: streams all events of the store whose
 * options it is given as JSON, and prints the growth in bytes.
 */
const storage = await openStorage(JSON.parse(process.argv[2] as string) as StorageOptions);
await storage.audit.query({}, { limit: 1000 });
globalThis.gc?.();
const before = process.memoryUsage().rss;
let grown = 0;
let seen = 0;
for await (const _event of storage.audit.stream()) {
  if (++seen % 10_000 === 0) grown = Math.max(grown, process.memoryUsage().rss - before);
}
await storage.close();
console.log(grown);
