// One of several writers: appends until its input ends, whatever happens to the server. Prints the number of the first event of
// each batch when it is acknowledged; its agent and that number name the event.
import { setTimeout as sleep } from "node:timers/promises";
import { openPostgresStorage } from "@agent-assembly/storage-postgres";

const [url, writer] = process.argv.slice(2);
const BATCH = 5;

const storage = await openPostgresStorage({
  url,
  timescaledb: "off",
  maxConnections: 2,
  appendTimeoutMs: 120_000,
  statementTimeoutMs: 60_000,
});
let ended = false;
process.stdin.on("end", () => {
  ended = true;
});
process.stdin.resume();
const start = Date.now();
for (let from = 0; !ended; from += BATCH) {
  const events = Array.from({ length: BATCH }, (_, i) => ({
    ts: new Date(start + from + i),
    eventId: `0000000${writer}-0000-7000-8000-${(from + i).toString(16).padStart(12, "0")}`,
    agentId: `${writer}-${from + i}`,
    action: "tool_call",
    decision: "allow",
  }));
  const { inserted, rejected } = await storage.audit.append(events);
  if (inserted !== BATCH) throw new Error(`rejected: ${JSON.stringify(rejected[0])}`);
  process.stdout.write(`${from}\n`);
  await sleep(5);
}
await storage.close();
