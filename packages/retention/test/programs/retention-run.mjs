// Runs retention on a store and ends its own process at a given fault point, as if the power had failed there.
// argv: JSON of { store, s3?, policy, now, killAt? }. The last line says how many points there are.
import { openArchive, runRetention } from "@agent-assembly/retention";
import { interceptBackend } from "@agent-assembly/storage-core";

const { store, s3, policy, now, killAt } = JSON.parse(process.argv[2]);

let points = 0;
function point() {
  if (++points === killAt) process.kill(process.pid, "SIGKILL");
}

async function openStore() {
  if (store.path !== undefined) {
    const { openSqliteStorage } = await import("@agent-assembly/storage-sqlite");
    return openSqliteStorage({ path: store.path });
  }
  const { openPostgresStorage } = await import("@agent-assembly/storage-postgres");
  return openPostgresStorage(store);
}

/** Before everything that changes the store: dying before a read leaves what dying before the next change leaves. */
function faulty(storage) {
  return interceptBackend(storage, {
    call: ({ access }, run) => {
      if (access === "write") point();
      return run();
    },
    iterate: (_operation, run) => run(),
  });
}

/** Before everything that changes the destination; between two of these it is the same, however often it is read. */
async function openFaulty(url) {
  const archive = await openArchive(url, s3 === undefined ? {} : { s3 });
  const { destination } = archive;
  for (const method of ["put", "remove"]) {
    const original = destination[method].bind(destination);
    destination[method] = (...args) => {
      point();
      return original(...args);
    };
  }
  return archive;
}

const storage = await openStore();
const report = await runRetention(faulty(storage), policy, {
  now: new Date(now),
  leaseMs: 3000,
  openArchive: openFaulty,
  onProgress: ({ kind, phase }) => {
    // In the middle of a drop.
    if (kind === "rows" && phase === "dropping") point();
  },
});
await storage.close();
if (report.outcome !== "succeeded") throw new Error(report.detail);
console.log(JSON.stringify({ points, rows: report.rows, archivedRows: report.archivedRows }));
