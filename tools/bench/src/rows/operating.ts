import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { planRetention, type RetentionPlan, type RetentionPolicy, runPlan } from "@agent-assembly/retention";
import type { NewAuditEvent } from "@agent-assembly/storage-core";
import { medianMs } from "../reads.js";
import { median, seconds } from "../result.js";
import { sampleEvents } from "../sample.js";
import type { Measure } from "./measure.js";
import type { Subject } from "./subject.js";

const AASM = fileURLToPath(new URL("../../../../packages/cli/bin/aasm.js", import.meta.url));
const BATCH = 1000;
const BATCHES = 10;
const DELIVERIES = 30;

const append: Measure = {
  name: "append, batches of 1,000",
  unit: "events/s",
  rounds: 3,
  begin:
    async ({ storage }) =>
    async () => {
      const made = Array.from({ length: BATCHES }, () => fresh(BATCH));
      const took = await seconds(async () => {
        for (const events of made) await storage.audit.append(events);
      });
      return (BATCHES * BATCH) / took;
    },
};

const tail: Measure = {
  name: "from append to delivery by a tail",
  unit: "ms",
  rounds: 3,
  begin:
    async ({ storage }) =>
    async () => {
      const followed = new AbortController();
      const items = storage.audit.tail({}, { signal: followed.signal })[Symbol.asyncIterator]();
      const times: number[] = [];
      try {
        // The tail begins with the first call, so the first delivery may come of an event that was stored before it did.
        let delivered = items.next();
        await storage.audit.append(fresh(1));
        await delivered;
        for (let n = 0; n < DELIVERIES; n++) {
          delivered = items.next();
          const [event] = fresh(1) as [NewAuditEvent];
          times.push(
            await seconds(async () => {
              await storage.audit.append([event]);
              await delivered;
            }),
          );
        }
      } finally {
        followed.abort();
        await items.return?.();
      }
      return median(times) * 1000;
    },
};

function fresh(count: number): NewAuditEvent[] {
  return sampleEvents(count, Date.now() - 60_000);
}

const status: Measure = {
  name: "aasm status",
  unit: "ms",
  rounds: 3,
  begin: async ({ environment, folder }) => {
    const own = Object.entries(process.env).filter(([name]) => !/^(AA_|AAASM_)/.test(name));
    const env = { ...Object.fromEntries(own), ...environment, HOME: folder };
    return () => medianMs(3, () => promisify(execFile)(process.execPath, [AASM, "status"], { env }));
  },
};

const plan: Measure = {
  name: "retention plan",
  unit: "ms",
  rounds: 3,
  begin: async (subject) => () => medianMs(1, () => planOldest(subject)),
};

const run: Measure = {
  name: "retention run of one partition, archived",
  unit: "ms",
  rounds: 1,
  begin: async (subject) => async () => {
    const made = await planOldest(subject);
    const item = made.items.find(({ action }) => action === "archive");
    if (item === undefined) throw new Error("there is nothing to archive");
    const took = await seconds(async () => {
      const { failures } = await runPlan(subject.storage, { ...made, items: [item] });
      if (failures.length > 0) throw failures[0]?.error;
    });
    return took * 1000;
  },
};

/** What is about to leave a store that keeps a year less two weeks. */
function planOldest({ storage, folder }: Subject): Promise<RetentionPlan> {
  const policy: RetentionPolicy = {
    audit: { hotDays: 349, warmDays: 350, coldAction: "archive" },
    archiveUrl: pathToFileURL(join(folder, "archive")).href,
  };
  return planRetention(storage, policy);
}

const backup: Measure = {
  name: "backup",
  unit: "s",
  rounds: 1,
  begin: async (subject) => () => seconds(() => subject.backup()),
};

/** In this order: the last ones change what is stored. */
export const OPERATING: readonly Measure[] = [status, backup, plan, append, tail, run];
