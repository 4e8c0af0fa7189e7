import { describeShape } from "./describe.js";

/** Longest identifier or name, in UTF-16 code units; keeps every index entry below PostgreSQL's 2,704 bytes. */
export const MAX_TEXT_LENGTH = 512;

/**
 * Why a value cannot be an identifier or name, or `undefined` when it can. PostgreSQL text cannot hold U+0000 and
 * UTF-8 cannot hold lone surrogates, so both are refused on every backend (payloads may hold them).
 */
export function textProblem(value: unknown): string | undefined {
  if (typeof value !== "string") return `must be a string, got ${describeShape(value)}`;
  if (value.length === 0) return "must not be empty";
  if (value.length > MAX_TEXT_LENGTH) {
    return `must be at most ${MAX_TEXT_LENGTH} characters, got ${describeShape(value)}`;
  }
  // A loop, since a call of the regular expression engine for each of an event's ten strings takes longer.
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i);
    if (unit === 0) return "must not contain U+0000";
    if (isSurrogate(unit) && !value.isWellFormed()) return "must not contain lone surrogates";
  }
  return undefined;
}

function isSurrogate(unit: number): boolean {
  return (unit & 0xf800) === 0xd800;
}

/**
 * Orders text by Unicode code point, as SQLite's BINARY and PostgreSQL's "C" collations do; JavaScript's `<` orders
 * by UTF-16 code unit, which differs beyond U+FFFF.
 */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const xSurrogate = isSurrogate(x);
    const ySurrogate = isSurrogate(y);
    if (xSurrogate !== ySurrogate) return xSurrogate ? 1 : -1;
    return x - y;
  }
  return a.length - b.length;
}

/** The value of a dimension in the key of a group; `null` where an event or sample has none. */
export type KeyValue = string | boolean | null;

/** Orders keys of groups value by value, as {@link compareText} does; a missing value comes last. */
export function compareKeys(a: readonly KeyValue[], b: readonly KeyValue[]): number {
  for (let i = 0; i < a.length; i++) {
    const x = a[i] as KeyValue;
    const y = b[i] as KeyValue;
    if (x === y) continue;
    if (x === null) return 1;
    if (y === null) return -1;
    const order = compareText(String(x), String(y));
    if (order !== 0) return order;
  }
  return 0;
}
