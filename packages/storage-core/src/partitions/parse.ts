import { invalidArgument } from "../errors.js";
import { describeShape } from "../support/describe.js";
import {
  checkKeys,
  checkObject,
  parseBoolean,
  parseChoice,
  parseDate,
  parseInteger,
  parseText,
} from "../support/input.js";
import { checkCount, REQUEST_LIMITS } from "../support/request-limits.js";
import { type ParsedSelection, parseSelection } from "./parse-selection.js";
import type {
  Dataset,
  MeasureRequest,
  Partition,
  PartitionDropOptions,
  PartitionReadOptions,
  PartitionSlice,
} from "./partition.js";

/** The datasets that retention works on. */
export const DATASETS: readonly Dataset[] = ["audit", "metrics"];

/** @returns the dataset. @throws `invalid_argument` for an unknown one */
export function parseDataset(dataset: unknown): Dataset {
  return parseChoice("dataset", dataset, DATASETS);
}

/** @param path of the argument @throws `invalid_argument` */
export function parsePartition(partition: unknown, path = "partition"): Partition {
  checkObject(path, partition);
  parseText(`${path}.id`, partition.id);
  parseDataset(partition.dataset);
  parseDate(`${path}.from`, partition.from);
  parseDate(`${path}.to`, partition.to);
  return partition as unknown as Partition;
}

/** A validated slice of a partition; times in milliseconds since the epoch. */
export interface ParsedSlice {
  readonly dataset: Dataset;
  /** Inclusive. */
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** Absent when all rows are selected. */
  readonly selection: ParsedSelection | undefined;
  /** Not decoded, because only the backend knows its positions; see `defineToken`. */
  readonly asOf: string | undefined;
}

const PART_KEYS = ["selection", "asOf"] as const;

/** The arguments of `measure`. @throws `invalid_argument` */
export function parseSlice(partition: unknown, part: PartitionSlice = {}): ParsedSlice {
  const checked = parsePartition(partition);
  checkObject("options", part);
  checkKeys("options", part, PART_KEYS);
  return parsePart(checked, part);
}

/** The argument of `measureAll`. @throws `invalid_argument` that names the request, or `too_large` */
export function parseMeasureRequests(requests: readonly MeasureRequest[]): ParsedSlice[] {
  if (!Array.isArray(requests)) throw invalidArgument("requests", `must be an array, got ${describeShape(requests)}`);
  checkCount("requests", "slices", requests.length, REQUEST_LIMITS.measuredSlices, "Measure in parts.");
  return requests.map((request: unknown, n) => {
    const path = `requests[${n}]`;
    checkObject(path, request);
    checkKeys(path, request, ["partition", ...PART_KEYS]);
    return parsePart(parsePartition(request.partition, `${path}.partition`), request, path);
  });
}

/** Validated {@link PartitionReadOptions}. */
export interface ParsedRead extends ParsedSlice {
  readonly signal: AbortSignal | undefined;
}

/** The arguments of `read`. @throws `invalid_argument` */
export function parseRead(partition: unknown, options: PartitionReadOptions = {}): ParsedRead {
  const checked = parsePartition(partition);
  checkObject("options", options);
  checkKeys("options", options, [...PART_KEYS, "signal"]);
  return { ...parsePart(checked, options), signal: parseSignal(options.signal) };
}

/** Validated {@link PartitionDropOptions}. */
export interface ParsedDrop extends ParsedRead {
  /** How many rows the part must hold. */
  readonly expected: number;
  /** Whether the counts of the deleted events stay. */
  readonly keepCounts: boolean;
  readonly onProgress: (rows: number) => void;
}

/** The arguments of `drop`. @throws `invalid_argument` */
export function parseDrop(partition: unknown, options: PartitionDropOptions): ParsedDrop {
  const checked = parsePartition(partition);
  checkObject("options", options);
  checkKeys("options", options, ["expect", ...PART_KEYS, "signal", "keepCounts", "onProgress"]);
  checkObject("options.expect", options.expect);
  checkKeys("options.expect", options.expect, ["rows"]);
  const { onProgress } = options;
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw invalidArgument("options.onProgress", `must be a function, got ${describeShape(onProgress)}`);
  }
  return {
    ...parsePart(checked, options),
    expected: parseInteger("options.expect.rows", options.expect.rows, 0, Number.MAX_SAFE_INTEGER),
    signal: parseSignal(options.signal),
    keepCounts: parseBoolean("options.keepCounts", options.keepCounts ?? true),
    onProgress: onProgress ?? (() => undefined),
  };
}

function parsePart({ dataset, from, to }: Partition, part: PartitionSlice, path = "options"): ParsedSlice {
  if (part.asOf !== undefined) {
    if (dataset === "metrics")
      throw invalidArgument(`${path}.asOf`, "is for audit partitions; metrics have no commit order");
    if (typeof part.asOf !== "string") {
      throw invalidArgument(
        `${path}.asOf`,
        `must be the "asOf" of an earlier measure, got ${describeShape(part.asOf)}`,
      );
    }
  }
  const selection =
    part.selection === undefined ? undefined : parseSelection(`${path}.selection`, part.selection, dataset);
  return { dataset, from: from.getTime(), to: to.getTime(), selection, asOf: part.asOf };
}

function parseSignal(signal: unknown): AbortSignal | undefined {
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalidArgument("options.signal", `must be an AbortSignal, got ${describeShape(signal)}`);
  }
  return signal;
}
