import { monitorEventLoopDelay } from "node:perf_hooks";
import { type BenchResult, judge } from "../result.js";
import { fill } from "./fill.js";
import { openRaw, withStores } from "./store.js";

const START = Date.UTC(2026, 0, 1);
const BOUND_MS = 50;

/** How long other work of the process waits while every event is exported, summarised and deleted. */
export function eventLoop(quick: boolean): Promise<BenchResult[]> {
  const count = quick ? 100_000 : 1_000_000;
  return withStores(async (ours, _raw, paths) => {
    const filler = openRaw(paths.ours);
    fill(filler, count, START, 80);
    filler.close();
    const p99 = async (work: () => Promise<unknown>): Promise<number> => {
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      await work();
      delay.disable();
      return delay.percentile(99) / 1e6;
    };
    const result = (what: string, value: number): BenchResult =>
      judge(
        `sqlite event-loop delay p99, ${what} ${count} rows`,
        "ms",
        { value, floor: null, ratio: value / BOUND_MS },
        { kind: "at most", ratio: 1 },
      );
    return [
      result(
        "exporting",
        await p99(async () => {
          for await (const event of ours.audit.stream()) JSON.stringify(event);
        }),
      ),
      result(
        "summarising",
        await p99(() => ours.audit.summarize({}, { bucket: { every: "1h" }, by: ["agent", "decision"] })),
      ),
      result(
        "deleting",
        await p99(async () => {
          for (const segment of await ours.tiers.segments("audit")) {
            await ours.tiers.drop(segment, { expect: { rows: segment.rows } });
          }
        }),
      ),
    ];
  });
}
