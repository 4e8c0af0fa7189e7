import { invalidArgument } from "../errors.js";
import { describeShape } from "../support/describe.js";
import { checkChoice, checkDate, checkInteger, checkKeys, checkObject, checkText } from "../support/input.js";
import { checkSelection, type NormalizedSelection } from "./parse-selection.js";
import type { Segment, SegmentDropOptions, SegmentPart, SegmentReadOptions, TierDataset } from "./partition.js";

export const TIER_DATASETS: readonly TierDataset[] = ["audit", "metrics"];

export function checkDataset(dataset: unknown): TierDataset {
  return checkChoice("dataset", dataset, TIER_DATASETS);
}

/** @throws `invalid_argument` */
export function checkSegment(segment: unknown): Segment {
  checkObject("segment", segment);
  checkText("segment.id", segment.id);
  checkDataset(segment.dataset);
  checkDate("segment.from", segment.from);
  checkDate("segment.to", segment.to);
  return segment as unknown as Segment;
}

/** A checked part of a segment; times in milliseconds since the epoch. */
export interface NormalizedPart {
  readonly dataset: TierDataset;
  /** Inclusive. */
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** Absent when all rows are meant. */
  readonly selection: NormalizedSelection | undefined;
  /** Not decoded: only the backend knows its positions; see `decodePosition`. */
  readonly upTo: string | undefined;
}

const PART_KEYS = ["selection", "upTo"] as const;

/** What `measure` is given. @throws `invalid_argument` */
export function checkPart(segment: unknown, part: SegmentPart = {}): NormalizedPart {
  const checked = checkSegment(segment);
  checkObject("part", part);
  checkKeys("part", part, PART_KEYS);
  return normalizePart(checked, "part", part);
}

export interface NormalizedRead extends NormalizedPart {
  readonly signal: AbortSignal | undefined;
}

/** What `read` is given. @throws `invalid_argument` */
export function checkRead(segment: unknown, options: SegmentReadOptions = {}): NormalizedRead {
  const checked = checkSegment(segment);
  checkObject("options", options);
  checkKeys("options", options, [...PART_KEYS, "signal"]);
  return { ...normalizePart(checked, "options", options), signal: checkSignal(options.signal) };
}

export interface NormalizedDrop extends NormalizedRead {
  /** How many rows the part must hold. */
  readonly expected: number;
  readonly onProgress: (rows: number) => void;
}

/** What `drop` is given. @throws `invalid_argument` */
export function checkDrop(segment: unknown, options: SegmentDropOptions): NormalizedDrop {
  const checked = checkSegment(segment);
  checkObject("options", options);
  checkKeys("options", options, ["expect", ...PART_KEYS, "signal", "onProgress"]);
  checkObject("options.expect", options.expect);
  checkKeys("options.expect", options.expect, ["rows"]);
  const { onProgress } = options;
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw invalidArgument(`options.onProgress must be a function, got ${describeShape(onProgress)}`);
  }
  return {
    ...normalizePart(checked, "options", options),
    expected: checkInteger("options.expect.rows", options.expect.rows, 0, Number.MAX_SAFE_INTEGER),
    signal: checkSignal(options.signal),
    onProgress: onProgress ?? (() => undefined),
  };
}

function normalizePart({ dataset, from, to }: Segment, what: string, part: SegmentPart): NormalizedPart {
  if (part.upTo !== undefined) {
    if (dataset === "metrics")
      throw invalidArgument(`${what}.upTo is for audit segments; metrics have no commit order`);
    if (typeof part.upTo !== "string") {
      throw invalidArgument(`${what}.upTo must be the "upTo" of an earlier measure, got ${describeShape(part.upTo)}`);
    }
  }
  const selection =
    part.selection === undefined ? undefined : checkSelection(`${what}.selection`, part.selection, dataset);
  return { dataset, from: from.getTime(), to: to.getTime(), selection, upTo: part.upTo };
}

function checkSignal(signal: unknown): AbortSignal | undefined {
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalidArgument(`options.signal must be an AbortSignal, got ${describeShape(signal)}`);
  }
  return signal;
}
