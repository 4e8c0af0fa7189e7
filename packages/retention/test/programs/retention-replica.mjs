// One of several processes with the same schedule. argv: JSON of { store, policy, schedule, clockStart, storeAheadMs?, dieAfter? }.
// Its clock stands until there is a line of input. Prints an event per line; with `dieAfter` it ends, as if killed, when so
// many archive steps were made.
import { scheduleRetention } from "@agent-assembly/retention";

const { store, policy, schedule, clockStart, storeAheadMs = 0, dieAfter } = JSON.parse(process.argv[2]);
const clock = () => Date.now() + storeAheadMs;

async function openStore() {
  if (store.path !== undefined) {
    const { openSqliteStorage } = await import("@agent-assembly/storage-sqlite");
    return openSqliteStorage({ governanceEvents: false, path: store.path, clock });
  }
  const { openPostgresStorage } = await import("@agent-assembly/storage-postgres");
  return openPostgresStorage({ governanceEvents: false, ...store, clock });
}

const storage = await openStore();
let goesSince;
process.stdin.once("data", () => {
  goesSince = Date.now();
  process.stdin.destroy();
});
let steps = 0;
const running = scheduleRetention(storage, {
  policy,
  schedule,
  jitterMs: 0,
  leaseMs: 3000,
  clock: () => (goesSince === undefined ? clockStart : clockStart + Date.now() - goesSince),
  onEvent: (event) => {
    if (event.kind === "progress" && event.progress.kind === "archive" && ++steps === dieAfter) {
      process.kill(process.pid, "SIGKILL");
    }
    if (event.kind === "progress") return;
    const { kind, report, to, error } = event;
    console.log(JSON.stringify({ kind, to, outcome: report?.outcome, rows: report?.rows, error: error?.message }));
  },
});
process.once("SIGTERM", async () => {
  await running.stop();
  await storage.close();
});
