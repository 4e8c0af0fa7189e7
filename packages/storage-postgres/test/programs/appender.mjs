// One instance of several that append the same events: batches overlap those of the others, and some are sent again.
// Prints a line with the ids of each batch once it is acknowledged.
import { openPostgresStorage } from "@agent-assembly/storage-postgres";

const [url, instance, count, timescaledb] = process.argv.slice(2);
const EVENTS = Number(count);
const BATCH = 500;
const START = Date.UTC(2026, 0, 1);

/** The same event for the same number in every process. */
function eventOf(number) {
  return {
    ts: new Date(START + (number % 1000)),
    eventId: `00000000-0000-7000-8000-${number.toString(16).padStart(12, "0")}`,
    agentId: `agent-${number % 7}`,
    action: "tool_call",
    decision: "allow",
    payload: { number },
  };
}

const storage = await openPostgresStorage({
  url,
  timescaledb,
  maxConnections: 6,
  appendTimeoutMs: 60_000,
  // A connection that a restart leaves hanging is given up after this time and a second.
  statementTimeoutMs: 5000,
  limits: { maxAgeMs: Number.POSITIVE_INFINITY },
});
// Neighbours share half of their range.
const first = Number(instance) * (EVENTS / 2);
const batches = Array.from({ length: EVENTS / BATCH }, (_, n) => first + n * BATCH);
const again = batches.filter(() => Math.random() < 0.3);
const work = [...batches, ...again].sort(() => Math.random() - 0.5);

async function run() {
  for (let from = work.pop(); from !== undefined; from = work.pop()) {
    const events = Array.from({ length: BATCH }, (_, i) => eventOf(from + i)).sort(() => Math.random() - 0.5);
    const { inserted, duplicates, rejected } = await storage.audit.append(events);
    if (inserted + duplicates !== BATCH) throw new Error(`rejected: ${JSON.stringify(rejected[0])}`);
    process.stdout.write(`${from}\n`);
  }
}
await Promise.all(Array.from({ length: 8 }, run));
await storage.close();
