import { setTimeout as sleep } from "node:timers/promises";

/** One row of the report. */
export interface BenchResult {
  readonly name: string;
  /** What we reached, in `unit`. */
  readonly value: number;
  readonly unit: string;
  /** What the floor reached in the same run, in `unit`; `null` where the target is an absolute bound. */
  readonly floor: number | null;
  /** `value` against `floor` (or against the bound). */
  readonly ratio: number;
  /** What `ratio` must reach, e.g. `>= 0.80`. */
  readonly target: string;
  readonly ok: boolean;
}

export interface Target {
  readonly kind: "at least" | "at most";
  readonly ratio: number;
}

export function judge(
  name: string,
  unit: string,
  measured: { readonly value: number; readonly floor: number | null; readonly ratio: number },
  target: Target,
): BenchResult {
  const ok = target.kind === "at least" ? measured.ratio >= target.ratio : measured.ratio <= target.ratio;
  return { name, unit, ...measured, target: `${target.kind === "at least" ? ">=" : "<="} ${target.ratio}`, ok };
}

/** Where there is nothing to compare with: an absolute bound. */
export function withinBudget(name: string, unit: string, value: number, budget: number): BenchResult {
  return judge(name, unit, { value, floor: null, ratio: value / budget }, { kind: "at most", ratio: 1 });
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/**
 * Runs floor and candidate in turn, so that a drift of the machine's speed meets both, and quotes the median of the
 * pairwise ratios.
 */
export async function inTurn(
  rounds: number,
  candidate: () => Promise<number>,
  floor: () => Promise<number>,
): Promise<{ value: number; floor: number; ratio: number }> {
  const pairs: { ours: number; theirs: number }[] = [];
  // The first pair warms caches and compilers up.
  for (let round = 0; round <= rounds; round++) {
    const floorFirst = round % 2 === 0;
    const before = await rested(floorFirst ? floor : candidate);
    const after = await rested(floorFirst ? candidate : floor);
    if (round > 0) pairs.push(floorFirst ? { ours: after, theirs: before } : { ours: before, theirs: after });
  }
  return {
    value: median(pairs.map(({ ours }) => ours)),
    floor: median(pairs.map(({ theirs }) => theirs)),
    ratio: median(pairs.map(({ ours, theirs }) => ours / theirs)),
  };
}

/** Begins with an idle event loop, as a server's request does: a loop of awaits alone never gives it a turn. */
async function rested(work: () => Promise<number>): Promise<number> {
  await sleep(20);
  return work();
}

/** The value that 99 of 100 do not exceed. */
export function p99(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? Number.NaN;
}

/** Seconds that `work` takes. */
export async function seconds(work: () => unknown): Promise<number> {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start) / 1e9;
}
