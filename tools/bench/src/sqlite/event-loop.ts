import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { Partition, StorageBackend } from "@agent-assembly/storage-core";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import { type BenchResult, p99, withinBudget } from "../result.js";
import { sampleEvents } from "../sample.js";
import { fill } from "./fill.js";
import { ANY_AGE, openRaw, withStores } from "./store.js";

const START = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;
const BOUND_MS = 50;
const WAIT_BOUND_MS = 250;

/** How long other work of the process waits while events are appended, exported, looked for, summarised and deleted. */
export function eventLoop(quick: boolean): Promise<BenchResult[]> {
  const count = quick ? 100_000 : 1_000_000;
  return withStores(async (ours, _raw, paths) => {
    const filler = openRaw(paths.ours);
    fill(filler, count, START, 80);
    filler.close();
    const results: BenchResult[] = [];
    const row = async (what: string, work: () => Promise<unknown>): Promise<void> => {
      results.push(withinBudget(`sqlite event-loop delay p99, ${what}`, "ms", await delayP99(work), BOUND_MS));
    };
    await row("appending 1,000 events a call", () => appendBatches(ours, quick ? 20 : 100));
    await row("awaiting single appends and small queries", () => singlesAndQueries(ours, quick ? 500 : 2000));
    await row(`exporting ${count} rows`, async () => {
      for await (const event of ours.audit.stream()) JSON.stringify(event);
    });
    await row(`looking for a rare event in ${count} rows`, () => ours.audit.query({ payload: { "/tool": "none" } }));
    await row(`summarising ${count} rows`, () =>
      ours.audit.summarize({}, { bucket: { every: "1h" }, groupBy: ["agentId", "decision"] }),
    );
    const [first] = await ours.partitions.list("audit");
    if (first !== undefined) await row("measuring, reading and dropping a part", () => dropPart(ours, first));
    let waits: number[] = [];
    await row(`deleting ${count} rows`, async () => {
      // Listed before the other handle appends: its events stay.
      const partitions = await ours.partitions.list("audit");
      waits = await waitsWhile(paths.ours, () => dropAll(ours, partitions));
    });
    const waited = "sqlite append of another handle p99, deleting";
    results.push(withinBudget(`${waited} ${count} rows`, "ms", p99(waits), WAIT_BOUND_MS));
    return results;
  });
}

async function delayP99(work: () => Promise<unknown>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await work();
  delay.disable();
  return delay.percentile(99) / 1e6;
}

async function appendBatches(ours: StorageBackend, calls: number): Promise<void> {
  for (let n = 0; n < calls; n++) await ours.audit.append(sampleEvents(1000, START - DAY_MS + n * 1000));
}

async function singlesAndQueries(ours: StorageBackend, count: number): Promise<void> {
  const single = { agentId: "agent-1", action: "tool_call", decision: "allow" };
  for (let n = 0; n < count; n++) {
    await ours.audit.append([{ ...single, ts: new Date(START - 1 - n) }]);
    await ours.audit.query({ agentId: "agent-1" }, { limit: 10 });
    await ours.agents.get("agent-1");
  }
}

async function dropPart({ partitions }: StorageBackend, partition: Partition): Promise<void> {
  const selection = { only: [{ agentId: ["agent-1", "agent-2"] }], except: [{ decision: "deny" }] };
  const { rows, asOf } = await partitions.measure(partition, { selection });
  for await (const event of partitions.read(partition, { selection, asOf })) JSON.stringify(event);
  await partitions.drop(partition, { selection, asOf, expect: { rows } });
}

async function dropAll({ partitions }: StorageBackend, all: readonly Partition[]): Promise<void> {
  for (const partition of all) await partitions.drop(partition, { expect: { rows: partition.rows } });
}

/** How long each append through another handle takes while the work is done, milliseconds. */
async function waitsWhile(path: string, work: () => Promise<unknown>): Promise<number[]> {
  await using other = await openSqliteStorage({ path, limits: ANY_AGE });
  const waits: number[] = [];
  let isDone = false;
  const done = work().finally(() => {
    isDone = true;
  });
  while (!isDone) {
    const startedAt = performance.now();
    await other.audit.append([{ ts: new Date(), agentId: "late", action: "tool_call", decision: "allow" }]);
    waits.push(performance.now() - startedAt);
    await sleep(5);
  }
  await done;
  return waits;
}
