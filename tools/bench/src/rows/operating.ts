import { execFile } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { planRetention, type RetentionPlan, type RetentionPolicy, runPlan } from "@agent-assembly/retention";
import type { NewAuditEvent, TailItem } from "@agent-assembly/storage-core";
import { interrupted } from "../interruption.js";
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
  begin: async (subject) => async () => {
    const { storage } = subject;
    const followed = new AbortController();
    const items = storage.audit.tail({}, { signal: followed.signal })[Symbol.asyncIterator]();
    const times: number[] = [];
    try {
      await untilFollowed(subject, items);
      for (let n = 0; n < DELIVERIES; n++) {
        const [event] = fresh(1) as [NewAuditEvent];
        const delivered = deliveryOf(event, items);
        times.push(await seconds(() => Promise.all([storage.audit.append([event]), delivered])));
      }
    } finally {
      followed.abort();
      await items.return?.();
    }
    return median(times) * 1000;
  },
};

/** A tail begins some time after it is asked for the first item; events stored before that are not for it. */
async function untilFollowed({ storage }: Subject, items: AsyncIterator<TailItem>): Promise<void> {
  let begun = false;
  const first = items.next().then(() => {
    begun = true;
  });
  while (!begun) {
    await storage.audit.append(fresh(1));
    await Promise.race([first, sleep(50)]);
  }
}

async function deliveryOf({ eventId }: NewAuditEvent, items: AsyncIterator<TailItem>): Promise<void> {
  for (let item = await items.next(); item.done !== true; item = await items.next()) {
    if (item.value.event.eventId === eventId) return;
  }
  throw new Error("the tail has ended");
}

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
    return () =>
      medianMs(3, () => promisify(execFile)(process.execPath, [AASM, "status"], { env, signal: interrupted }));
  },
};

const plan: Measure = {
  name: "retention plan",
  unit: "ms",
  rounds: 3,
  begin: async (subject) => () => medianMs(1, () => planOldest(subject)),
};

const planOfAll: Measure = {
  name: "retention plan, everything due",
  unit: "ms",
  rounds: 3,
  begin:
    async ({ storage }) =>
    () =>
      medianMs(1, () => planRetention(storage, { audit: { hotDays: 1, warmDays: 2 } })),
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
export const OPERATING: readonly Measure[] = [status, backup, plan, planOfAll, append, tail, run];
