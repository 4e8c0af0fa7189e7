// Appends events, waits until they may have been counted, and closes its store: nothing keeps the process alive then.
import { setTimeout as sleep } from "node:timers/promises";
import { openPostgresStorage } from "@agent-assembly/storage-postgres";

const [options, events, waitMs] = process.argv.slice(2);
const storage = await openPostgresStorage(JSON.parse(options));
const ts = new Date();
await storage.audit.append(
  Array.from({ length: Number(events) }, () => ({ ts, agentId: "agent-1", action: "tool_call", decision: "allow" })),
);
await sleep(Number(waitMs));
await storage.close();
console.log("closed");
