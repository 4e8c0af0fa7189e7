import { seconds } from "../result.js";
import type { Column, PeerStore } from "./column.js";
import { EventMaker, type PeerSize } from "./events.js";
import { NO_SUCH_CALL, type Outcome, oneLine, type Work } from "./outcome.js";
import { bytesOf } from "./size.js";
import type { StoreName } from "./versions.js";

const PAGE = 100;
/** Appends on the way at once where a store has to be filled one by one. */
const FILLERS = 10;

/** Where one column measures: three empty places. */
export interface Places {
  readonly warm: string;
  readonly main: string;
  readonly burst: string;
}

/**
 * Measures all works on one column. The burst comes last, on a store of its own: a store that it breaks has said the rest.
 * @param report is called when a work begins, with `undefined`, and when it is done
 */
export async function measureColumn(
  column: Column,
  { store, places, size, installed }: { store: StoreName; places: Places; size: PeerSize; installed: unknown },
  report: (work: Work, outcome: Outcome | undefined) => void,
): Promise<void> {
  const on = async (place: string, use: (opened: PeerStore, events: EventMaker) => Promise<unknown>): Promise<void> => {
    const events = new EventMaker(size.agents);
    const opened = await column.open(place, events.agents, installed);
    await use(opened, events);
    await opened.close();
  };
  const measured = async (work: Work, measure: () => Promise<number> | undefined): Promise<void> => {
    report(work, undefined);
    const value = await measure();
    report(work, value === undefined ? { problem: NO_SUCH_CALL } : { value });
  };
  await on(places.warm, async (opened, events) => {
    await single(opened, events, 20);
    await fill(opened, events, { batches: size.agents, batch: PAGE });
    await newest(opened, events, 10);
    await logs(opened, events.agents.slice(0, 1));
  });
  await on(places.main, async (opened, events) => {
    const empty = await bytesOf(store, places.main);
    await measured("single", () => single(opened, events, size.singles));
    if (opened.appendBatch === undefined) {
      report("batch", { problem: NO_SUCH_CALL });
      await fill(opened, events, size);
    } else await measured("batch", () => fill(opened, events, size));
    await measured("newest", () => newest(opened, events, size.newest));
    await measured("log", () => logs(opened, events.agents.slice(0, size.logs)));
    const stored = size.singles + size.batches * size.batch;
    await measured("bytes", async () => ((await bytesOf(store, places.main)) - empty) / stored);
  });
  await on(places.burst, (opened, events) => measured("burst", () => burst(opened, events, size.burst)));
}

async function single(opened: PeerStore, events: EventMaker, count: number): Promise<number> {
  const made = events.inTurn(count);
  const took = await seconds(async () => {
    for (const event of made) await opened.append(event);
  });
  return count / took;
}

/** Batches of one agent each, the agents in turn. */
async function fill(
  opened: PeerStore,
  events: EventMaker,
  { batches, batch }: { batches: number; batch: number },
): Promise<number> {
  const agentOf = (n: number): string => events.agents[n % events.agents.length] as string;
  const made = Array.from({ length: batches }, (_, n) => events.of(agentOf(n), batch));
  const took = await seconds(async () => {
    for (const many of made) {
      if (opened.appendBatch !== undefined) await opened.appendBatch(many);
      else await Promise.all(Array.from({ length: FILLERS }, (_, n) => appendEach(opened, many, n)));
    }
  });
  return (batches * batch) / took;
}

async function appendEach(opened: PeerStore, many: readonly Parameters<PeerStore["append"]>[0][], first: number) {
  for (let n = first; n < many.length; n += FILLERS) await opened.append(many[n] as (typeof many)[number]);
}

function newest(opened: PeerStore, events: EventMaker, times: number): Promise<number> | undefined {
  const ask = opened.newest?.bind(opened);
  if (ask === undefined) return undefined;
  return (async () => {
    const took = await seconds(async () => {
      for (let n = 0; n < times; n++) {
        const came = await ask(events.agents[n % events.agents.length] as string, PAGE);
        if (came !== PAGE) throw new Error(`${came} of ${PAGE} events came`);
      }
    });
    return times / took;
  })();
}

async function logs(opened: PeerStore, agents: readonly string[]): Promise<number> {
  let read = 0;
  const took = await seconds(async () => {
    for (const agentId of agents) for await (const came of opened.pages(agentId, PAGE)) read += came;
  });
  if (read === 0) throw new Error("the logs are empty");
  return read / took;
}

/** Appends that start at once; what was not stored is an error. */
async function burst(opened: PeerStore, events: EventMaker, count: number): Promise<number> {
  const made = events.inTurn(count);
  let settled: PromiseSettledResult<unknown>[] = [];
  const took = await seconds(async () => {
    settled = await Promise.allSettled(made.map((event) => opened.append(event)));
  });
  const failed = settled.filter((result) => result.status === "rejected");
  if (failed.length > 0) throw new Error(`${failed.length} of ${count} failed: ${oneLine(failed[0]?.reason)}`);
  let stored = 0;
  for (const agentId of events.agents) for await (const came of opened.pages(agentId, PAGE)) stored += came;
  if (stored !== count) throw new Error(`${stored} of ${count} are stored`);
  return count / took;
}
