// One of several processes with the same schedule. argv: JSON of { store, archiveUrl, policy, schedule, clockStart, dieAfter? }.
// Prints an event per line; with `dieAfter` it ends, as if killed, when so many archive steps were made.
import { scheduleRetention } from "@agent-assembly/retention";

const { store, policy, schedule, clockStart, dieAfter } = JSON.parse(process.argv[2]);
const offset = clockStart - Date.now();

async function openStore() {
  if (store.path !== undefined) {
    const { openSqliteStorage } = await import("@agent-assembly/storage-sqlite");
    return openSqliteStorage({ path: store.path });
  }
  const { openPostgresStorage } = await import("@agent-assembly/storage-postgres");
  return openPostgresStorage(store);
}

const storage = await openStore();
let steps = 0;
const running = scheduleRetention(storage, {
  policy,
  schedule,
  jitterMs: 0,
  leaseMs: 3000,
  clock: () => Date.now() + offset,
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
