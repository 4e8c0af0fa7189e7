import { startOfMonth } from "../../time/months.js";
import type { AuditDimension } from "../columns.js";

/** Milliseconds since the epoch; `to` is exclusive. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

/** Members that counts are kept by. */
export type CountDimension = Extract<
  AuditDimension,
  "agentId" | "teamId" | "action" | "decision" | "dryRun" | "matchedRuleId" | "tool"
>;

/** Widths of the cells that counts are kept in, all in UTC. */
export type CountLevel = "hour" | "day" | "month";

/** Counts that are kept by some members of the events: one cell for each combination of values, per hour, day or month. */
export interface CountCube {
  /** Stored with its cells: never changes, and is never given to another cube. From 1 to 99. */
  readonly id: number;
  /** In the order of {@link COUNT_DIMENSIONS}. */
  readonly dimensions: readonly CountDimension[];
  /** Widest first. */
  readonly levels: readonly CountLevel[];
  /** Whether its cells also hold the bytes of payloads. */
  readonly sized: boolean;
}

/** All members that counts are kept by. */
export const COUNT_DIMENSIONS: readonly CountDimension[] = [
  "agentId",
  "teamId",
  "action",
  "decision",
  "dryRun",
  "matchedRuleId",
  "tool",
];

/** Widest first. */
export const ALL_LEVELS: readonly CountLevel[] = ["month", "day", "hour"];

/**
 * The cubes, those of fewer cells first. None has all members: of a busy store, nearly every event of a day has a combination
 * of its own of agent, tool and rule, so that cells by all of them would be as many as the events. The large ones have no
 * cells of hours for the same reason.
 */
export const COUNT_CUBES: readonly CountCube[] = [
  { id: 1, dimensions: ["action", "decision", "dryRun"], levels: ALL_LEVELS, sized: true },
  { id: 2, dimensions: ["teamId", "action", "decision", "dryRun"], levels: ALL_LEVELS, sized: false },
  { id: 3, dimensions: ["decision", "dryRun", "matchedRuleId"], levels: ALL_LEVELS, sized: false },
  { id: 4, dimensions: ["action", "decision", "dryRun", "tool"], levels: ALL_LEVELS, sized: false },
  { id: 5, dimensions: ["agentId", "decision", "dryRun"], levels: ALL_LEVELS, sized: false },
  {
    id: 6,
    dimensions: ["action", "decision", "dryRun", "matchedRuleId", "tool"],
    levels: ["month", "day"],
    sized: false,
  },
  {
    id: 7,
    dimensions: ["agentId", "teamId", "action", "decision", "dryRun", "matchedRuleId"],
    levels: ["month", "day"],
    sized: false,
  },
  {
    id: 8,
    dimensions: ["agentId", "teamId", "action", "decision", "dryRun", "tool"],
    levels: ["month", "day"],
    sized: true,
  },
];

/** What the levels of cells are stored as. Never changes. */
export const COUNT_LEVEL_IDS: Readonly<Record<CountLevel, number>> = { hour: 1, day: 2, month: 3 };

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The start of the cell that holds an instant; both in milliseconds since the epoch. */
export function cellStart(level: CountLevel, ms: number): number {
  if (level === "hour") return Math.floor(ms / HOUR_MS) * HOUR_MS;
  if (level === "day") return Math.floor(ms / DAY_MS) * DAY_MS;
  const date = new Date(ms);
  return startOfMonth(date.getUTCFullYear(), date.getUTCMonth());
}

/** The end of the cell that starts at `startMs`. */
export function cellEnd(level: CountLevel, startMs: number): number {
  if (level === "hour") return startMs + HOUR_MS;
  if (level === "day") return startMs + DAY_MS;
  const date = new Date(startMs);
  return startOfMonth(date.getUTCFullYear(), date.getUTCMonth() + 1);
}

/** Times of cells are stored as hours since the epoch. @param startMs of a cell */
export function toCellHour(startMs: number): number {
  return startMs / HOUR_MS;
}

/** Milliseconds since the epoch. */
export function fromCellHour(hour: number): number {
  return hour * HOUR_MS;
}
