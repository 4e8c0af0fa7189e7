/** Times cross the wire as text, in UTC, with milliseconds; in JavaScript they are milliseconds since the epoch. */

export function toTimestamp(ms: number): string {
  return new Date(ms).toISOString();
}

/**
 * Reads PostgreSQL's ISO output of a session in UTC, e.g. `2026-01-31 08:05:09.25+00`. By hand, because `Date.parse`
 * takes a slow way for text with a blank, and a page of events holds hundreds of them.
 */
export function fromTimestamp(text: string): number {
  // Date.UTC takes the years 0 to 99 for 1900 to 1999.
  const isUsual =
    text.endsWith("+00") && text.charCodeAt(4) === 45 && text.charCodeAt(10) === 32 && !text.startsWith("00");
  if (!isUsual) return otherForm(text);
  if (!text.startsWith(day)) {
    dayMs = Date.UTC(digits(text, 0, 4), digits(text, 5, 7) - 1, digits(text, 8, 10));
    day = text.slice(0, 11);
  }
  const seconds = digits(text, 11, 13) * 3600 + digits(text, 14, 16) * 60 + digits(text, 17, 19);
  const end = text.length - 3;
  const ms = end === 19 ? 0 : digits(text, 20, Math.min(end, 23)) * 10 ** Math.max(0, 23 - end);
  return dayMs + seconds * 1000 + ms;
}

/** The day of the last text, with the blank behind it, and its beginning: most texts that follow are of the same one. */
let day = "?";
let dayMs = Number.NaN;

function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) value = value * 10 + (text.charCodeAt(i) - 48);
  return value;
}

function otherForm(text: string): number {
  const ms = Date.parse(text.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00"));
  if (Number.isNaN(ms)) throw new RangeError("the database answered with a time in an unknown form");
  return ms;
}
