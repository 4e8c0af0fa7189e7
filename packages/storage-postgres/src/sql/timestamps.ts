/** Times cross the wire as text, in UTC, with milliseconds; in JavaScript they are milliseconds since the epoch. */

export function toTimestamp(ms: number): string {
  return new Date(ms).toISOString();
}

/**
 * Reads PostgreSQL's ISO output of a session in UTC, e.g. `2026-01-31 08:05:09.25+00`. By hand, because `Date.parse`
 * takes a slow way for text with a blank, and a page of events holds hundreds of them.
 */
export function fromTimestamp(text: string): number {
  if (!text.endsWith("+00") || text.charCodeAt(4) !== 45 || text.charCodeAt(10) !== 32) return otherForm(text);
  const ms = Date.UTC(
    digits(text, 0, 4),
    digits(text, 5, 7) - 1,
    digits(text, 8, 10),
    digits(text, 11, 13),
    digits(text, 14, 16),
    digits(text, 17, 19),
    text.length === 22 ? 0 : Number(text.slice(20, -3).padEnd(3, "0").slice(0, 3)),
  );
  // Date.UTC takes the years 0 to 99 for 1900 to 1999.
  return text.startsWith("00") ? otherForm(text) : ms;
}

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
