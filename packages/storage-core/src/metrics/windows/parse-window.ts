import { invalidArgument } from "../../errors.js";
import { describeShape } from "../../support/describe.js";
import { checkKeys, checkObject, parseChoice } from "../../support/input.js";
import { didYouMean } from "../../support/suggest.js";
import type { MetricAggregate } from "../query.js";
import { WINDOW_FUNCTIONS, type WindowFunction } from "../window.js";

const MAX_WINDOWS = 10;

/** What a function takes, and how it treats values. */
interface FunctionTraits {
  /** Whether it takes a size, and whether there is a default. */
  readonly size: "required" | "optional" | "none";
  readonly takesPartition: boolean;
  /** Adds buckets up, which percentiles do not allow. */
  readonly adds: boolean;
  /** Buckets before the first one that it reads. */
  readonly lookback: (size: number) => number;
}

const moving = { size: "required", takesPartition: false, lookback: (size: number) => size - 1 } as const;
const previous = { size: "optional", takesPartition: false, adds: false, lookback: (size: number) => size } as const;
const compared = { size: "none", takesPartition: true, lookback: () => 0 } as const;

const TRAITS: Readonly<Record<WindowFunction, FunctionTraits>> = {
  movingAvg: { ...moving, adds: true },
  movingSum: { ...moving, adds: true },
  movingMin: { ...moving, adds: false },
  movingMax: { ...moving, adds: false },
  cumulativeSum: { size: "none", takesPartition: false, adds: true, lookback: () => 0 },
  lag: previous,
  delta: previous,
  percentChange: previous,
  rank: { ...compared, adds: false },
  shareOfTotal: { ...compared, adds: true },
};

/** A validated `MetricWindow`. */
export interface ParsedWindow {
  readonly function: WindowFunction;
  /** In buckets; 1 for functions that take none. */
  readonly size: number;
  /** `"series"`, or indexes into the query's `groupBy`; `"series"` for functions that take none. */
  readonly partition: "series" | readonly number[];
}

/** The parts of a query that its windows must agree with. */
export interface WindowContext {
  /** Names of the dimensions. */
  readonly groupBy: readonly string[];
  readonly aggregate: MetricAggregate;
  /** Number of buckets that begin in `[from, to)` or contain `from`; `undefined` for a query without a bucket. */
  readonly buckets: number | undefined;
}

/**
 * @param window one `MetricWindow`, or an array of 1 to 10
 * @param option path of the argument, for errors
 * @throws `invalid_argument`
 */
export function parseWindows(window: unknown, option: string, context: WindowContext): ParsedWindow[] {
  const { buckets } = context;
  if (buckets === undefined) {
    throw invalidArgument(
      option,
      "needs buckets, and the query has none",
      'Add query.bucket, such as { every: "1h" }, or leave {option} out.',
    );
  }
  if (!Array.isArray(window)) return [parseWindow(option, window, context, buckets)];
  if (window.length === 0 || window.length > MAX_WINDOWS) {
    throw invalidArgument(
      option,
      `must be one window or an array of 1 to ${MAX_WINDOWS}, got ${describeShape(window)}`,
    );
  }
  return Array.from(window, (item: unknown, i) => parseWindow(`${option}[${i}]`, item, context, buckets));
}

function parseWindow(option: string, window: unknown, context: WindowContext, buckets: number): ParsedWindow {
  checkObject(option, window);
  checkKeys(option, window, ["function", "size", "partition"]);
  const name = parseChoice(`${option}.function`, window.function, WINDOW_FUNCTIONS);
  checkAggregate(option, name, context.aggregate);
  return {
    function: name,
    size: parseSize(`${option}.size`, window.size, name, buckets),
    partition: parsePartition(`${option}.partition`, window.partition, name, context.groupBy),
  };
}

function checkAggregate(option: string, name: WindowFunction, aggregate: MetricAggregate): void {
  if (!TRAITS[name].adds || !/^p\d/.test(aggregate)) return;
  throw invalidArgument(
    `${option}.function`,
    `cannot be ${name} for the aggregate ${aggregate}, since percentiles of buckets cannot be combined`,
    `Take a wider query.bucket, whose ${aggregate} is that of all its samples, or another aggregate.`,
  );
}

function parseSize(option: string, size: unknown, name: WindowFunction, buckets: number): number {
  const { size: takes } = TRAITS[name];
  if (takes === "none") {
    if (size === undefined) return 1;
    throw invalidArgument(option, `does not apply to ${name}, got ${describeShape(size)}`, "Leave {option} out.");
  }
  if (size === undefined) {
    if (takes === "optional") return 1;
    throw invalidArgument(
      option,
      `is missing: ${name} needs a whole number from 1 to ${buckets}`,
      "Say over how many buckets {option} reaches, the point's own included.",
    );
  }
  if (typeof size !== "number" || !Number.isInteger(size) || size < 1) {
    const got = typeof size === "number" && Number.isInteger(size) ? "an integer below 1" : describeShape(size);
    throw invalidArgument(option, `must be a whole number from 1 to ${buckets}, got ${got}`, "It counts buckets.");
  }
  if (size > buckets) {
    throw invalidArgument(
      option,
      `must be a whole number from 1 to ${buckets}, got a greater one; the range has ${buckets} buckets`,
      "Take a smaller {option}, widen the range from query.from to query.to, or narrow query.bucket.",
    );
  }
  return size;
}

function parsePartition(
  option: string,
  partition: unknown,
  name: WindowFunction,
  groupBy: readonly string[],
): "series" | readonly number[] {
  if (!TRAITS[name].takesPartition) {
    if (partition === undefined) return "series";
    throw invalidArgument(
      option,
      `does not apply to ${name}, got ${describeShape(partition)}`,
      "Leave {option} out; rank and shareOfTotal take one.",
    );
  }
  if (partition === undefined) return groupBy.length === 0 ? "series" : [];
  if (partition === "series") return "series";
  if (!Array.isArray(partition)) {
    throw invalidArgument(
      option,
      `must be "series" or an array of dimensions, got ${describeShape(partition)}`,
      typeof partition === "string" ? didYouMean(partition.slice(0, 60), ["series"]).trim() || undefined : undefined,
    );
  }
  const indexes = Array.from(partition, (dimension: unknown, i) =>
    parseDimension(`${option}[${i}]`, dimension, groupBy),
  );
  if (new Set(indexes).size < indexes.length) throw invalidArgument(option, "names a dimension twice");
  return indexes;
}

function parseDimension(option: string, dimension: unknown, groupBy: readonly string[]): number {
  const index = typeof dimension === "string" ? groupBy.indexOf(dimension) : -1;
  if (index >= 0) return index;
  const hint = typeof dimension === "string" ? didYouMean(dimension.slice(0, 60), groupBy) : "";
  throw invalidArgument(
    option,
    `must be a dimension of query.groupBy, got ${describeShape(dimension)}`,
    `${hint} Add it to query.groupBy, or leave it out to compare across its values.`.trim(),
  );
}

/** Buckets before the first of the range that the windows read. */
export function lookbackOf(windows: readonly ParsedWindow[]): number {
  return windows.reduce((most, { function: name, size }) => Math.max(most, TRAITS[name].lookback(size)), 0);
}
