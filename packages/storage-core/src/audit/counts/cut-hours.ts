import { cellEnd, cellStart, type TimeSpan } from "./cubes.js";

/**
 * A span with all of the hours that it cuts and that are counted faster as a whole, less their other part: where fewer events are
 * expected in that than in the part that lies within the span.
 * @param span not empty
 * @param now milliseconds since the epoch. An hour has as many events in each of its minutes, but none behind this time
 */
export function withWholeHours({ from, to }: TimeSpan, now: number): TimeSpan {
  const expected = (start: number, end: number): number => Math.max(0, Math.min(end, now) - start);
  const [first, last] = [cellStart("hour", from), cellStart("hour", to)];
  if (first === last) {
    const end = cellEnd("hour", first);
    return expected(first, from) + expected(to, end) < expected(from, to) ? { from: first, to: end } : { from, to };
  }
  const isLess = expected(first, from) < expected(from, cellEnd("hour", first));
  if (to === last) return { from: isLess ? first : from, to };
  const end = cellEnd("hour", last);
  return { from: isLess ? first : from, to: expected(to, end) < expected(last, to) ? end : to };
}
