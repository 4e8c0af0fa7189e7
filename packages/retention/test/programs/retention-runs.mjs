// Runs retention on several stores at once, each up to a step of its own, and then ends its own process as if the power had
// failed. argv: JSON of { s3?, now, runs: { store, policy, killAt }[] }. Prints which of the runs ended before their step.
import { writeSync } from "node:fs";
import { applyRetention, openArchive } from "@agent-assembly/retention";
import { interceptBackend } from "@agent-assembly/storage-core/backend";

const { s3, now, runs } = JSON.parse(process.argv[2]);

async function openStore(store) {
  if (store.path !== undefined) {
    const { openSqliteStorage } = await import("@agent-assembly/storage-sqlite");
    return openSqliteStorage({ governanceEvents: false, path: store.path });
  }
  const { openPostgresStorage } = await import("@agent-assembly/storage-postgres");
  return openPostgresStorage({ governanceEvents: false, ...store, minConnections: 0 });
}

/** The steps of one run. At the last one it stands still for ever, as what has no process any more. */
class Steps {
  #made = 0;
  #end;
  /** Resolves at the last step. */
  ended = new Promise((resolve) => {
    this.#end = resolve;
  });
  #isOver = false;

  constructor(last) {
    this.last = last;
  }

  /** Before something that would change the store or the destination. */
  async before(change) {
    this.#step();
    if (!this.#isOver) {
      const result = await change().catch((error) => {
        if (!this.#isOver) throw error;
      });
      if (!this.#isOver) return result;
    }
    return new Promise(() => undefined);
  }

  /** In the middle of a change, which goes no further. */
  amid() {
    this.#step();
    if (this.#isOver) throw new Error("this run is over");
  }

  #step() {
    if (++this.#made !== this.last) return;
    this.#isOver = true;
    this.#end();
  }
}

/** Steps are all changes of the store: dying before a read leaves what dying before the next change leaves. */
function inSteps(storage, steps) {
  return interceptBackend(storage, {
    call: ({ access }, run) => (access === "write" ? steps.before(run) : run()),
    iterate: (_operation, run) => run(),
  });
}

/** And all changes of the destination; between two of these it is the same, however often it is read. */
async function openInSteps(url, steps) {
  const archive = await openArchive(url, s3 === undefined ? {} : { s3 });
  const { destination } = archive;
  for (const method of ["put", "remove"]) {
    const original = destination[method].bind(destination);
    destination[method] = (...args) => steps.before(() => original(...args));
  }
  return archive;
}

/** @returns whether it came to its end */
async function runUpTo({ store, policy, killAt }) {
  const steps = new Steps(killAt);
  const storage = await openStore(store);
  const run = async () => {
    const report = await applyRetention(inSteps(storage, steps), policy, {
      now: new Date(now),
      openArchive: (url) => openInSteps(url, steps),
      onProgress: ({ kind, phase }) => {
        if (kind === "rows" && phase === "dropping") steps.amid();
      },
    });
    await storage.close();
    if (report.outcome !== "succeeded") throw new Error(report.detail);
    return true;
  };
  return Promise.race([steps.ended.then(() => false), run()]);
}

const ended = await Promise.all(runs.map(runUpTo));
writeSync(1, JSON.stringify(ended));
process.kill(process.pid, "SIGKILL");
