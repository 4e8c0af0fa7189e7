import type { Segment } from "./partition.js";

const DAY_MS = 86_400_000;

/** The UTC day that holds the instant, as a segment's id and range. */
export function utcDay(ms: number): Pick<Segment, "id" | "from" | "to"> {
  const start = Math.floor(ms / DAY_MS) * DAY_MS;
  return { id: new Date(start).toISOString().slice(0, 10), from: new Date(start), to: new Date(start + DAY_MS) };
}
