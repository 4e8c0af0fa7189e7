import { MAX_TIME_MS, MIN_TIME_MS } from "../../support/time-range.js";
import type { Bucketing } from "../../time/bucket.js";
import { hasWholeHours, ZONES_KNOWN } from "../../time/whole-hours.js";
import type { ParsedAuditFilter } from "../filter.js";
import type { ParsedSummaryRequest } from "../summary.js";
import {
  ALL_LEVELS,
  COUNT_CUBES,
  COUNT_DIMENSIONS,
  type CountCube,
  type CountDimension,
  type CountLevel,
  cellEnd,
  cellStart,
  type TimeSpan,
} from "./cubes.js";
import { withWholeHours } from "./cut-hours.js";

/** Consecutive cells of one level. */
export interface CellSpan extends TimeSpan {
  readonly level: CountLevel;
}

/** A part of a cell that is not asked for. */
export interface SubtractedSpan extends TimeSpan {
  /** The start of the cell, milliseconds since the epoch. */
  readonly cell: number;
}

/**
 * How a question is answered from kept counts. Each instant of its range is either in the time that cells answer for, or in
 * exactly one of the spans of rows. An answer is what the cells have, less the events that they count of the subtracted spans;
 * events behind the position of the counts are added for the time that cells answer for, and for no other. Those of the spans of
 * rows are read as they are.
 */
export interface CountPlan {
  readonly cube: CountCube;
  /** Ascending, without gaps. */
  readonly cells: readonly CellSpan[];
  /** The time that cells answer for: theirs without what is subtracted. */
  readonly counted: TimeSpan;
  /**
   * What is asked of the cells' time is less than all of it: their ends that are not asked for, ascending, each within one hour. An
   * event there belongs to the bucket of its cell. None unless the plan was made for a time.
   */
  readonly subtracted: readonly SubtractedSpan[];
  /** What cells would cut, ascending. */
  readonly rows: readonly TimeSpan[];
}

/**
 * @param now milliseconds since the epoch; the plan may have subtracted spans where it is given. Times behind it are expected to
 * have no events
 * @returns `undefined` when only rows can answer
 */
export function planCounts(
  filter: ParsedAuditFilter,
  request: Pick<ParsedSummaryRequest, "bucket" | "dimensions">,
  now?: number,
): CountPlan | undefined {
  const filtered = countDimensionsOf(filter);
  if (filtered === undefined) return undefined;
  const needed = new Set<CountDimension>(filtered);
  for (const dimension of request.dimensions) {
    const member = dimension.kind === "agent_metadata" ? "agentId" : dimension.field;
    if (!isCounted(member)) return undefined;
    needed.add(member);
  }
  const span = { from: filter.from ?? MIN_TIME_MS, to: filter.to ?? MAX_TIME_MS + 1 };
  return planSpan(span, needed, { bucket: request.bucket, now });
}

/**
 * @param needed members of events that the cells have to have
 * @param how the buckets that each cell has to lie in one of, and the time as of {@link planCounts}
 * @returns `undefined` when no cells answer for a part of the span
 */
export function planSpan(
  span: TimeSpan,
  needed: ReadonlySet<CountDimension>,
  { bucket, now }: { readonly bucket?: Bucketing | undefined; readonly now?: number | undefined } = {},
): CountPlan | undefined {
  const cube = COUNT_CUBES.find(({ dimensions }) => [...needed].every((member) => dimensions.includes(member)));
  if (cube === undefined) return undefined;
  const { levels, within } = cellsWithin(bucket);
  const usable = cube.levels.filter((level) => levels.includes(level));
  const [from, to] = [Math.max(span.from, within.from), Math.min(span.to, within.to)];
  if (usable.length === 0 || from >= to) return undefined;
  const rows: TimeSpan[] = [];
  addRows(rows, { from: span.from, to: from });
  const hours = now !== undefined && usable.includes("hour") ? withWholeHours({ from, to }, now) : { from, to };
  const { cells, rows: cut } = coverSpan(hours, usable);
  for (const one of cut) addRows(rows, one);
  addRows(rows, { from: to, to: span.to });
  const [first, last] = [cells[0], cells.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const counted = { from: Math.max(first.from, from), to: Math.min(last.to, to) };
  const subtracted = [
    { cell: first.from, from: first.from, to: counted.from },
    { cell: cellStart(last.level, counted.to), from: counted.to, to: last.to },
  ].filter((one) => one.from < one.to);
  return { cube, cells, counted, subtracted, rows };
}

/** The members that a filter compares; `undefined` when it compares one that counts are not kept by. */
export function countDimensionsOf({ texts, dryRun, payload }: ParsedAuditFilter): CountDimension[] | undefined {
  if (payload.length > 0) return undefined;
  const fields: CountDimension[] = [];
  for (const { field } of texts) if (isCounted(field)) fields.push(field);
  if (fields.length < texts.length) return undefined;
  return dryRun === undefined ? fields : [...fields, "dryRun"];
}

function isCounted(member: string): member is CountDimension {
  return (COUNT_DIMENSIONS as readonly string[]).includes(member);
}

const EVER: TimeSpan = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

/** The levels whose cells each lie in one bucket, and from when to when they do. */
function cellsWithin(bucket: Bucketing | undefined): {
  readonly levels: readonly CountLevel[];
  readonly within: TimeSpan;
} {
  if (bucket === undefined) return { levels: ALL_LEVELS, within: EVER };
  if (bucket.timeZone === "UTC") {
    const { unit } = bucket;
    if (unit.kind === "month") return { levels: ALL_LEVELS, within: EVER };
    if (unit.kind !== "fixed") return { levels: ["day", "hour"], within: EVER };
    return { levels: unit.ms % cellEnd("hour", 0) === 0 ? ["hour"] : [], within: EVER };
  }
  const hours = bucket.unit.kind !== "fixed" || bucket.unit.ms % cellEnd("hour", 0) === 0;
  return { levels: hours && hasWholeHours(bucket.timeZone) ? ["hour"] : [], within: ZONES_KNOWN };
}

/** Shares a span out among cells of some levels, the widest first, and rows for what they would cut. */
export function coverSpan(
  span: TimeSpan,
  levels: readonly CountLevel[],
): { readonly cells: CellSpan[]; readonly rows: TimeSpan[] } {
  const cells: CellSpan[] = [];
  const rows: TimeSpan[] = [];
  cover(span, levels, cells, rows);
  return { cells, rows };
}

function cover(span: TimeSpan, [level, ...finer]: readonly CountLevel[], cells: CellSpan[], rows: TimeSpan[]): void {
  if (span.from >= span.to) return;
  if (level === undefined) {
    addRows(rows, span);
    return;
  }
  const start = cellStart(level, span.from);
  const first = start === span.from ? start : cellEnd(level, start);
  const last = cellStart(level, span.to);
  if (first >= last) {
    cover(span, finer, cells, rows);
    return;
  }
  cover({ from: span.from, to: first }, finer, cells, rows);
  cells.push({ level, from: first, to: last });
  cover({ from: last, to: span.to }, finer, cells, rows);
}

function addRows(rows: TimeSpan[], { from, to }: TimeSpan): void {
  if (from >= to) return;
  const last = rows.at(-1);
  if (last?.to === from) rows[rows.length - 1] = { from: last.from, to };
  else rows.push({ from, to });
}
