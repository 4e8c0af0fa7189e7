import { invalidArgument, StorageError } from "../errors.js";
import { mayHoldSecret } from "../secrets/mask.js";
import { describeShape } from "./describe.js";
import { DEFAULT_PAGE_LIMIT, MAX_PAGE_LIMIT } from "./page.js";
import { checkCount, REQUEST_LIMITS } from "./request-limits.js";
import { didYouMean } from "./suggest.js";
import { textProblem } from "./text.js";
import { MAX_TIME_MS, MIN_TIME_MS } from "./time-range.js";

/**
 * Validation of arguments. Each function throws `invalid_argument`, naming the argument, its shape and the remedy.
 * `what` is the path of the argument, such as `options.limits`: it becomes the `option` of the error.
 */

export function checkObject<T>(
  what: string,
  value: T,
): asserts value is T & (unknown extends T ? Record<string, unknown> : object) {
  if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Date) {
    throw invalidArgument(what, `must be an object, got ${describeShape(value)}`);
  }
}

/**
 * @param what names the object in the error.
 * @throws `invalid_argument` for a key that is not `known`, with a suggestion
 */
export function checkKeys(what: string, value: object, known: readonly string[]): void {
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) {
      throw new StorageError({
        code: "invalid_argument",
        option: mayHoldSecret(key) ? what : `${what}.${shorten(key)}`,
        message: unknownKey(what, key, known),
      });
    }
  }
}

export function unknownKey(what: string, key: string, known: readonly string[]): string {
  if (mayHoldSecret(key)) return `${what} has an unknown key (${describeShape(key)}). Known: ${known.join(", ")}`;
  const shown = shorten(key);
  return `${what} has an unknown key ${JSON.stringify(shown)}.${didYouMean(shown, known)} Known: ${known.join(", ")}`;
}

function shorten(key: string): string {
  return key.length > 60 ? `${key.slice(0, 60)}…` : key;
}

/**
 * @param what names the value in the error.
 * @throws `invalid_argument` unless it is text that every backend can store
 */
export function parseText(what: string, value: unknown): string {
  const problem = textProblem(value);
  if (problem !== undefined) throw invalidArgument(what, problem);
  return value as string;
}

export function parseOptionalText(what: string, value: unknown): string | null {
  return value === undefined || value === null ? null : parseText(what, value);
}

/**
 * @param what names the value in the error.
 * @throws `invalid_argument` unless it is a whole number from `min` to `max`
 */
export function parseInteger(what: string, value: unknown, min: number, max: number): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
    throw invalidArgument(what, `must be a whole number from ${min} to ${max}, got ${describeShape(value)}`);
  }
  return value;
}

/** Milliseconds since the epoch. */
export function parseDate(what: string, value: unknown): number {
  const ms = value instanceof Date ? value.getTime() : Number.NaN;
  if (Number.isNaN(ms)) throw invalidArgument(what, `must be a valid Date, got ${describeShape(value)}`);
  if (ms < MIN_TIME_MS || ms > MAX_TIME_MS) {
    throw invalidArgument(what, "must lie within the years 1 to 9999");
  }
  return ms;
}

/** @param what names the value in the error. @throws `invalid_argument` unless it is `true` or `false` */
export function parseBoolean(what: string, value: unknown): boolean {
  if (typeof value !== "boolean") throw invalidArgument(what, `must be true or false, got ${describeShape(value)}`);
  return value;
}

/**
 * @param what names the value in the error.
 * @throws `invalid_argument` unless it is one of `choices`, with a suggestion
 */
export function parseChoice<T extends string>(what: string, value: unknown, choices: readonly T[]): T {
  if (typeof value !== "string" || !(choices as readonly string[]).includes(value)) {
    const hint = typeof value === "string" && value.length <= 60 ? didYouMean(value, choices).trim() : "";
    const problem = `must be one of ${choices.join(", ")}; got ${describeShape(value)}`;
    throw invalidArgument(what, problem, hint === "" ? undefined : hint);
  }
  return value as T;
}

/** A one-or-many condition as a list. @throws `too_large` for more values than one condition may have */
export function oneOrMany(what: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) return [value];
  checkCount(what, "values", value.length, REQUEST_LIMITS.filterValues, "Ask in parts.");
  return value;
}

/**
 * A one-or-many condition as a list of text values. Values that cannot be stored match nothing and are omitted.
 * @throws `invalid_argument`; `too_large` for more values than one condition may have
 */
export function parseTexts(what: string, value: unknown): string[] {
  if (typeof value === "string") return textProblem(value) === undefined ? [value] : [];
  const list = oneOrMany(what, value);
  for (const item of list) {
    if (typeof item !== "string") {
      throw invalidArgument(what, `must be a string or an array of strings, got ${describeShape(item)}`);
    }
  }
  return [...new Set(list as string[])].filter((item) => textProblem(item) === undefined);
}

/** @param extra keys allowed in addition to `limit` and `cursor` */
export function parsePage(page: unknown, extra: readonly string[] = []): { limit: number; cursor: unknown } {
  checkObject("page", page);
  checkKeys("page", page, ["limit", "cursor", ...extra]);
  const limit =
    page.limit === undefined ? DEFAULT_PAGE_LIMIT : parseInteger("page.limit", page.limit, 1, MAX_PAGE_LIMIT);
  return { limit, cursor: page.cursor };
}
