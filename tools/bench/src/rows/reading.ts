import { medianMs } from "../reads.js";
import { seconds } from "../result.js";
import { AGENTS, DAY_MS, SESSION_EVENTS, TRACE_EVENTS } from "./events.js";
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

/** The newest of what belongs together, some of the newest and some of the oldest. */
const newestOf = (member: "sessionId" | "traceId", name: string, each: number): Measure => ({
  name: `newest 100 of a ${name}`,
  unit: "ms",
  rounds: 5,
  begin: async ({ storage }, { rows }) => {
    const ids = Array.from({ length: 20 }, (_, n) => {
      const agent = n % BUSY_AGENTS;
      return `${name}-${agent}-${n % 2 === 0 ? 0 : Math.floor((rows - 1) / (AGENTS * each))}`;
    });
    let n = 0;
    return () => medianMs(40, () => storage.audit.query({ [member]: ids[n++ % ids.length] }, { limit: PAGE }));
  },
});

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

/** Whatever there is of seven days, by each of these. */
const hourlyBy = (dimension: "agentId" | "tool" | "teamId"): Measure => ({
  name: `summary by hour and ${dimension}, seven days`,
  unit: "ms",
  rounds: 3,
  begin: async ({ storage }, { now }) => {
    const filter = { from: new Date(now - 7 * DAY_MS), to: new Date(now) };
    return () => medianMs(3, () => storage.audit.summarize(filter, { bucket: { every: "1h" }, groupBy: [dimension] }));
  },
});

const timeline: Measure = {
  name: "timeline of a year by days",
  unit: "ms",
  rounds: 3,
  begin: async ({ storage }, { now }) => {
    const filter = { from: new Date(now - 365 * DAY_MS), to: new Date(now) };
    return () => medianMs(3, () => storage.audit.summarize(filter, { bucket: { every: "1d" } }));
  },
};

const overEverythingBy = (...groupBy: ("agentId" | "teamId" | "tool" | "decision")[]): Measure => ({
  name: `summary by ${groupBy.join(" and ")}, everything`,
  unit: "ms",
  rounds: 3,
  begin:
    async ({ storage }) =>
    () =>
      medianMs(2, () => storage.audit.summarize({}, { groupBy })),
});

const sizes: Measure = {
  name: "bytes of kept counts, of those of the events",
  unit: "%",
  rounds: 1,
  begin: async (subject) => async () => {
    const { counts, events } = await subject.sizes();
    return (counts / events) * 100;
  },
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

export const READING: readonly Measure[] = [
  newest,
  newestOf("sessionId", "session", SESSION_EVENTS),
  newestOf("traceId", "trace", TRACE_EVENTS),
  depth,
  hourly,
  hourlyBy("agentId"),
  hourlyBy("tool"),
  hourlyBy("teamId"),
  timeline,
  overEverythingBy("tool", "decision"),
  overEverythingBy("agentId", "teamId"),
  overEverythingBy("agentId", "tool"),
  overEverythingBy("agentId", "decision"),
  overEverythingBy("teamId", "tool"),
  sizes,
  exported,
];
