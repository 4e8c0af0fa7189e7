import { openSqliteStorage } from "@agent-assembly/storage-sqlite";

/** Run as a program of its own, so that what others left in memory hides nothing: prints the growth in bytes. */
const storage = await openSqliteStorage({ path: process.argv[2] as string });
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
