import { ratioToNumber, type ScaledNumbers, scaleDoubles } from "../exact-numbers.js";
import { comparePartitions } from "./compare.js";
import type { ParsedWindow } from "./parse-window.js";
import { scale, type WindowGrid, type WindowSeries } from "./series.js";

/**
 * The results of one window: for each series, in the same order, one for each bucket of the grid; those before `rangeStart` are
 * `null`. Each is the double nearest to the exact result, whatever the order of the series and wherever the grid begins.
 *
 * | function | result | `null` |
 * |---|---|---|
 * | `movingSum`, `movingMin`, `movingMax`, `movingAvg` | over the bucket and the `size - 1` before it, without empty ones | all are empty |
 * | `cumulativeSum` | of the buckets since the start of the range; empty ones repeat the sum so far | before the first value |
 * | `lag` | the value `size` buckets earlier | that bucket is empty |
 * | `delta` | the value minus that | either bucket is empty |
 * | `percentChange` | (value - earlier) / abs(earlier) * 100 | either bucket is empty, or earlier is 0 |
 * | `rank` | 1 + number of greater values in the partition | the bucket is empty |
 * | `shareOfTotal` | value / sum of the partition | the bucket is empty, or the sum is 0 |
 *
 * `docs/metrics-windows.md` has an example of each. Takes O(n log n) for n buckets of all series, for any `size`.
 */
export function computeWindow(
  window: ParsedWindow,
  series: readonly WindowSeries[],
  grid: WindowGrid,
): (number | null)[][] {
  if (window.function === "rank" || window.function === "shareOfTotal") {
    return comparePartitions(window.function, window.partition, series, grid);
  }
  return series.map(({ values }) => withoutLookback(computeSeries(window, values, grid), null, grid));
}

function computeSeries(window: ParsedWindow, values: WindowSeries["values"], grid: WindowGrid): (number | null)[] {
  const { size } = window;
  switch (window.function) {
    case "movingSum":
      return sums(scale(values, grid), size);
    case "movingAvg":
      return grid.weighted ? weightedAverages(values, size) : averages(scale(values, grid), size);
    case "movingMin":
      return extremes(values, size, (a, b) => a < b);
    case "movingMax":
      return extremes(values, size, (a, b) => a > b);
    case "cumulativeSum":
      // The range is one window that never loses a bucket.
      return sums(scale(withoutLookback(values, null, grid), grid), values.length);
    case "lag":
      return values.map((_, i) => values[i - size]?.value ?? null);
    case "delta":
      return withEarlier(scale(values, grid), size, (now, earlier, denominator) =>
        ratioToNumber(now - earlier, denominator),
      );
    case "percentChange":
      return withEarlier(scale(values, grid), size, (now, earlier) =>
        earlier === 0n ? null : ratioToNumber(100n * (now - earlier), earlier < 0n ? -earlier : earlier),
      );
    default:
      throw new TypeError(`${window.function} is not a function over one series`);
  }
}

function withoutLookback<T>(items: readonly T[], empty: T, { rangeStart }: WindowGrid): T[] {
  return items.map((item, i) => (i < rangeStart ? empty : item));
}

function sums({ integers, denominator }: ScaledNumbers, size: number): (number | null)[] {
  return slidingSums(integers, size).map((window) => window && ratioToNumber(window.sum, denominator));
}

function averages({ integers, denominator }: ScaledNumbers, size: number): (number | null)[] {
  return slidingSums(integers, size).map(
    (window) => window && ratioToNumber(window.sum, denominator * BigInt(window.count)),
  );
}

/** Buckets without samples of their own were filled, and weigh nothing. */
function weightedAverages(values: WindowSeries["values"], size: number): (number | null)[] {
  const sampled = values.map((value) => (value === null || value.samples === 0 ? null : value));
  const { integers, denominator } = scaleDoubles(sampled.map((value) => value?.sum ?? null));
  const totals = slidingSums(integers, size);
  const weights = slidingSums(
    sampled.map((value) => value && BigInt(value.samples)),
    size,
  );
  return totals.map((total, i) => total && ratioToNumber(total.sum, denominator * (weights[i] as WindowSum).sum));
}

interface WindowSum {
  readonly sum: bigint;
  /** Number of buckets that are not empty. */
  readonly count: number;
}

/** Of the last `size` members; `null` where they are all absent. */
function slidingSums(integers: ScaledNumbers["integers"], size: number): (WindowSum | null)[] {
  let sum = 0n;
  let count = 0;
  return integers.map((entering, i) => {
    const leaving = integers[i - size] ?? null;
    if (entering !== null) {
      sum += entering;
      count++;
    }
    if (leaving !== null) {
      sum -= leaving;
      count--;
    }
    return count === 0 ? null : { sum, count };
  });
}

interface Candidate {
  readonly index: number;
  readonly value: number;
}

/** Keeps a queue of the values that may yet become the extreme of a window: each is better than those after it. */
function extremes(
  values: WindowSeries["values"],
  size: number,
  isBetter: (a: number, b: number) => boolean,
): (number | null)[] {
  const queue: Candidate[] = [];
  let head = 0;
  return values.map((entering, index) => {
    if (entering !== null) {
      while (queue.length > head && !isBetter((queue.at(-1) as Candidate).value, entering.value)) queue.pop();
      queue.push({ index, value: entering.value });
    }
    const first = queue[head];
    if (first !== undefined && first.index <= index - size) head++;
    return queue[head]?.value ?? null;
  });
}

function withEarlier(
  { integers, denominator }: ScaledNumbers,
  distance: number,
  result: (now: bigint, earlier: bigint, denominator: bigint) => number | null,
): (number | null)[] {
  return integers.map((now, i) => {
    const earlier = integers[i - distance] ?? null;
    return now === null || earlier === null ? null : result(now, earlier, denominator);
  });
}
