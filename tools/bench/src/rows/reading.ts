import { medianMs } from "../reads.js";
import { seconds } from "../result.js";
import { DAY_MS } from "./events.js";
import type { Measure } from "./measure.js";
import type { Subject } from "./subject.js";

/** Those that have over a hundred events in the small store, too. */
const BUSY_AGENTS = 10;
const PAGE = 100;
const WALK = 1000;
/** Walking there takes a read of everything before. */
const DEEPEST = 1_000_000;
const EXPORTED = 1_000_000;

const newest: Measure = {
  name: "newest 100 of an agent",
  unit: "ms",
  rounds: 5,
  begin: async ({ storage }) => {
    let n = 0;
    return () =>
      medianMs(40, async () => {
        const { items } = await storage.audit.query({ agentId: `agent-${n++ % BUSY_AGENTS}` }, { limit: PAGE });
        if (items.length !== PAGE) throw new Error(`${items.length} of ${PAGE} events came`);
      });
  },
};

const depth: Measure = {
  name: "page of 100 behind nine tenths, at most a million",
  unit: "ms",
  rounds: 5,
  begin: async (subject, { rows }) => {
    const cursor = await cursorAt(subject, Math.min(Math.floor(rows * 0.9), DEEPEST));
    return () => medianMs(40, () => subject.storage.audit.query({}, { limit: PAGE, cursor }));
  },
};

async function cursorAt({ storage }: Subject, depth: number): Promise<string | undefined> {
  let cursor: string | undefined;
  for (let seen = 0; seen < depth; seen += WALK) {
    cursor = (await storage.audit.query({}, { limit: Math.min(WALK, depth - seen), cursor })).next;
  }
  return cursor;
}

const hourly: Measure = {
  name: "summary by hour and decision, seven days",
  unit: "ms",
  rounds: 3,
  begin: async ({ storage }, { now }) => {
    const filter = { from: new Date(now - 7 * DAY_MS), to: new Date(now) };
    return () => medianMs(3, () => storage.audit.summarize(filter, { bucket: { every: "1h" }, groupBy: ["decision"] }));
  },
};

const overEverything: Measure = {
  name: "summary by tool and decision, everything",
  unit: "ms",
  rounds: 2,
  begin:
    async ({ storage }) =>
    () =>
      medianMs(1, () => storage.audit.summarize({}, { groupBy: ["tool", "decision"] })),
};

const byAgentAndTeam: Measure = {
  name: "summary by agent and team, everything",
  unit: "ms",
  rounds: 2,
  begin:
    async ({ storage }) =>
    () =>
      medianMs(1, () => storage.audit.summarize({}, { groupBy: ["agentId", "teamId"] })),
};

const exported: Measure = {
  name: "export, per million events",
  unit: "s",
  rounds: 1,
  begin:
    async ({ storage }) =>
    async () => {
      let [count, bytes] = [0, 0];
      const took = await seconds(async () => {
        for await (const event of storage.audit.stream()) {
          bytes += JSON.stringify(event).length;
          if (++count === EXPORTED) break;
        }
      });
      if (bytes === 0) throw new Error("there is nothing to export");
      return (took / count) * EXPORTED;
    },
};

export const READING: readonly Measure[] = [newest, depth, hourly, overEverything, byAgentAndTeam, exported];
