import type { StorageBackend } from "@agent-assembly/storage-core";
import { inTurn, median, seconds } from "./result.js";

interface Range {
  readonly from: Date;
  readonly to: Date;
}

/** Pages per second of the newest 100 events of one agent in a range, one agent after the other. */
export async function newestPages(storage: StorageBackend, range: Range, repeat: number): Promise<number> {
  const took = await seconds(async () => {
    for (let i = 0; i < repeat; i++)
      await storage.audit.query({ agentId: `agent-${i % 50}`, ...range }, { limit: 100 });
  });
  return repeat / took;
}

/** Summaries per second of the counts per hour and decision in a range. */
export async function hourlyCounts(storage: StorageBackend, range: Range): Promise<number> {
  return 1 / (await seconds(() => storage.audit.summarize(range, { bucket: { every: "1h" }, groupBy: ["decision"] })));
}

/** Milliseconds of a page of 100 behind `count` events, against the first page. */
export async function pagesAtDepth(
  storage: StorageBackend,
  count: number,
  rounds: number,
): Promise<Awaited<ReturnType<typeof inTurn>>> {
  let deep: string | undefined;
  for (let seen = 0; seen < count; seen += 1000) {
    deep = (await storage.audit.query({}, { limit: 1000, cursor: deep })).next;
  }
  const page = (cursor: string | undefined): Promise<number> =>
    medianMs(40, () => storage.audit.query({}, { limit: 100, cursor }));
  return inTurn(
    rounds,
    () => page(deep),
    () => page(undefined),
  );
}

/** Events per second of a stream of the whole store. */
export async function streamRate(storage: StorageBackend): Promise<number> {
  let seen = 0;
  const took = await seconds(async () => {
    for await (const _event of storage.audit.stream()) seen++;
  });
  return seen / took;
}

/** The median of that many calls, in milliseconds. */
export async function medianMs(calls: number, work: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < calls; i++) times.push(await seconds(work));
  return median(times) * 1000;
}
