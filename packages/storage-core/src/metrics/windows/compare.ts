import { ratioToNumber } from "../exact-numbers.js";
import type { ParsedWindow } from "./parse-window.js";
import { scale, type WindowGrid, type WindowSeries, type WindowValue } from "./series.js";

/** One bucket of one series. */
interface Cell {
  readonly series: number;
  readonly bucket: number;
  readonly value: WindowValue;
}

/** `rank` or `shareOfTotal`: compares the values of each partition, those of the range only. */
export function comparePartitions(
  name: "rank" | "shareOfTotal",
  partition: ParsedWindow["partition"],
  series: readonly WindowSeries[],
  grid: WindowGrid,
): (number | null)[][] {
  const results = series.map(({ values }) => new Array<number | null>(values.length).fill(null));
  for (const cells of partitions(partition, series, grid.rangeStart)) {
    const compared = name === "rank" ? ranks(cells, grid) : shares(cells, grid);
    for (const [i, { series, bucket }] of cells.entries()) {
      (results[series] as (number | null)[])[bucket] = compared[i] as number | null;
    }
  }
  return results;
}

function* partitions(
  partition: ParsedWindow["partition"],
  series: readonly WindowSeries[],
  rangeStart: number,
): Generator<Cell[]> {
  if (partition === "series") {
    for (const [s, { values }] of series.entries()) {
      yield values.flatMap((value, bucket) => cell(s, bucket < rangeStart ? null : value, bucket));
    }
    return;
  }
  const groups = new Map<string, number[]>();
  for (const [s, { key }] of series.entries()) {
    const id = JSON.stringify(partition.map((index) => key[index]));
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [s]);
    else group.push(s);
  }
  const buckets = series[0]?.values.length ?? 0;
  for (const group of groups.values()) {
    for (let bucket = rangeStart; bucket < buckets; bucket++) {
      yield group.flatMap((s) => cell(s, series[s]?.values[bucket] ?? null, bucket));
    }
  }
}

function cell(series: number, value: WindowValue | null, bucket: number): Cell[] {
  return value === null ? [] : [{ series, bucket, value }];
}

/** As SQL's `rank()`: values that are equal have one rank, and as many ranks after it are left out. */
function ranks(cells: readonly Cell[], grid: WindowGrid): number[] {
  const order = cells.map((_, i) => i).sort((a, b) => compare(cells[b] as Cell, cells[a] as Cell, grid));
  const result = new Array<number>(cells.length);
  let rank = 1;
  for (const [place, i] of order.entries()) {
    const isTie = place > 0 && compare(cells[order[place - 1] as number] as Cell, cells[i] as Cell, grid) === 0;
    if (!isTie) rank = place + 1;
    result[i] = rank;
  }
  return result;
}

/** Amounts that differ may have the same double. */
function compare({ value: a }: Cell, { value: b }: Cell, { decimals }: WindowGrid): number {
  if (decimals === undefined || a.exact === undefined || b.exact === undefined) return a.value - b.value;
  return a.exact < b.exact ? -1 : a.exact > b.exact ? 1 : 0;
}

function shares(cells: readonly Cell[], grid: WindowGrid): (number | null)[] {
  const { integers } = scale(
    cells.map(({ value }) => value),
    grid,
  );
  const total = integers.reduce<bigint>((sum, integer) => sum + (integer ?? 0n), 0n);
  return integers.map((integer) => (integer === null || total === 0n ? null : ratioToNumber(integer, total)));
}
