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
} from "./cubes.js";

/** Milliseconds since the epoch; `to` is exclusive. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

/** Consecutive cells of one level. */
export interface CellSpan extends TimeSpan {
  readonly level: CountLevel;
}

/**
 * How a question is answered from kept counts. Each instant of its range is in exactly one of the spans. Events behind the
 * position of the counts are to be added for the spans of cells; those of the spans of rows are read as they are.
 */
export interface CountPlan {
  readonly cube: CountCube;
  /** Ascending. */
  readonly cells: readonly CellSpan[];
  /** What cells would cut, ascending. */
  readonly rows: readonly TimeSpan[];
}

/** @returns `undefined` when only rows can answer */
export function planCounts(
  filter: ParsedAuditFilter,
  request: Pick<ParsedSummaryRequest, "bucket" | "dimensions">,
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
  return planSpan(span, needed, request.bucket);
}

/** @returns `undefined` when no cells lie within the span and within buckets */
export function planSpan(
  span: TimeSpan,
  needed: ReadonlySet<CountDimension>,
  bucket?: Bucketing,
): CountPlan | undefined {
  const cube = COUNT_CUBES.find(({ dimensions }) => [...needed].every((member) => dimensions.includes(member)));
  if (cube === undefined) return undefined;
  const { levels, within } = cellsWithin(bucket);
  const usable = cube.levels.filter((level) => levels.includes(level));
  const [from, to] = [Math.max(span.from, within.from), Math.min(span.to, within.to)];
  if (usable.length === 0 || from >= to) return undefined;
  const rows: TimeSpan[] = [];
  addRows(rows, { from: span.from, to: from });
  const { cells, rows: cut } = coverSpan({ from, to }, usable);
  for (const one of cut) addRows(rows, one);
  addRows(rows, { from: to, to: span.to });
  return cells.length === 0 ? undefined : { cube, cells, rows };
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
