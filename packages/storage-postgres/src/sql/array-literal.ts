/**
 * PostgreSQL arrays as the text the server reads, for statements that take whole columns: `unnest($1::text[])`. The driver
 * is not given arrays, because it takes their type from the first element, which may be null.
 */

const SPECIAL = /["\\]/g;
/** What JSON.stringify escapes in a way that arrays do not know. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what must be found
const NOT_AS_IN_JSON = /[\u0000-\u001f\ud800-\udfff]/;

/**
 * One column of any texts, for `text[]` and for `jsonb[]`. Every text is quoted, so that blanks, commas, braces, empty
 * texts and the word NULL stay texts.
 * @param values without U+0000 and lone surrogates, which PostgreSQL cannot hold
 */
export function textArray(values: readonly (string | null)[]): string {
  let literal = "{";
  for (let i = 0; i < values.length; i++) {
    if (i > 0) literal += ",";
    const value = values[i] as string | null;
    if (value === null) literal += "NULL";
    else literal += value.includes('"') || value.includes("\\") ? quoted(value) : `"${value}"`;
  }
  return `${literal}}`;
}

/** JSON quotes as arrays do, and JSON.stringify takes half the time of replacing: payloads are full of quotes. */
function quoted(text: string): string {
  return NOT_AS_IN_JSON.test(text) ? `"${text.replace(SPECIAL, "\\$&")}"` : JSON.stringify(text);
}

/**
 * One column of values whose text needs no quotes: numbers, booleans, UUIDs, times in ISO 8601. Nothing is checked; for any
 * other text take {@link textArray}.
 */
export function plainArray(values: readonly (string | number | boolean | null)[]): string {
  let literal = "{";
  for (let i = 0; i < values.length; i++) {
    if (i > 0) literal += ",";
    const value = values[i] as string | number | boolean | null;
    literal += value === null ? "NULL" : value;
  }
  return `${literal}}`;
}
