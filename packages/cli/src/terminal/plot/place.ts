import type { TimeSpan } from "./time-axis.js";
import type { ValueAxis } from "./value-axis.js";

/** The column of an instant; the first or the last for one outside. */
export function columnOf(at: number, { from, to }: Pick<TimeSpan, "from" | "to">, width: number): number {
  return Math.min(width - 1, Math.max(0, Math.floor(((at - from) / (to - from)) * width)));
}

/** The row of a value, counted from the top; the first or the last for one outside. */
export function rowOf(value: number, { low, high }: ValueAxis, height: number): number {
  return Math.max(0, Math.min(height - 1, Math.round(((high - value) / (high - low)) * (height - 1))));
}
