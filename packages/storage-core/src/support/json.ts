import { describeShape } from "./describe.js";

/** A JSON value that is neither an array nor an object. Numbers are finite. */
export type JsonScalar = string | number | boolean | null;
/** Any JSON value. */
export type JsonValue = JsonScalar | JsonValue[] | { [key: string]: JsonValue };
/** A JSON object. */
export type JsonObject = { [key: string]: JsonValue };

/** Deeper nesting is refused: recursive readers (SQLite's and PostgreSQL's JSON functions) stop near there. */
export const MAX_JSON_DEPTH = 200;

/** What is looked through at most, whatever its caller accepts: texts, names, and one for each value. */
const MAX_JSON_SIZE = 64 * 1024 * 1024;

/** A value is measured exactly, for the message, up to so many times what is accepted. */
const MEASURED = 4;

/** What {@link checkJson} answers for a value that takes far more than is accepted. */
export const MUCH_TOO_LARGE = Symbol("much too large");

/**
 * As {@link jsonProblem}, in time that `maxBytes` bounds. A list that holds another twice, which holds another twice, takes
 * little memory and has more values than can ever be counted.
 * @param maxBytes of the value as JSON that are accepted; a value that takes a little more has to be measured
 */
export function checkJson(value: unknown, maxBytes: number): string | typeof MUCH_TOO_LARGE | undefined {
  left = Math.min(MEASURED * maxBytes, MAX_JSON_SIZE);
  // Every event's payload passes here: where it went wrong is worked out only once something did.
  const fits = isJson(value, 0);
  if (left < 0) return MUCH_TOO_LARGE;
  return fits ? undefined : explain(value, 0);
}

/**
 * Why a value is not JSON, or `undefined` when it is. `JSON.stringify` would silently drop or change such values
 * (functions, `NaN`, `Date`, `Map`, `undefined` in arrays), and an audit trail must not.
 * Object members whose value is `undefined` count as absent.
 */
export function jsonProblem(value: unknown): string | undefined {
  const problem = checkJson(value, MAX_JSON_SIZE);
  return problem === MUCH_TOO_LARGE ? `takes more than ${MAX_JSON_SIZE} bytes as JSON` : problem;
}

/** What {@link isJson} may still look through. Not its argument, which would have to be handed back by each call. */
let left = 0;

function isJson(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "string":
      left -= value.length;
      return true;
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value);
    case "object":
      break;
    default:
      return false;
  }
  if (value === null) return true;
  if (depth >= MAX_JSON_DEPTH) return false;
  if (Array.isArray(value)) {
    left -= value.length + 2;
    if (left < 0) return false;
    for (let i = 0; i < value.length; i++) {
      if (!isJson(value[i], depth + 1)) return false;
    }
    return true;
  }
  if (!isPlain(value)) return false;
  left -= 2;
  for (const key in value) {
    const member = (value as Record<string, unknown>)[key];
    if (member === undefined) continue;
    left -= key.length;
    if (typeof member === "string") left -= member.length;
    else if (left < 0 || !isJson(member, depth + 1)) return false;
  }
  return left >= 0;
}

function explain(value: unknown, depth: number): string | undefined {
  if (typeof value !== "object" || value === null || (!Array.isArray(value) && !isPlain(value))) {
    if (isJson(value, depth)) return undefined;
    const place = depth === 0 ? "" : ` at a member ${depth} level(s) deep`;
    const advice = typeof value === "bigint" ? "; give its digits as text: String(value)" : "";
    return `holds ${describeShape(value)}${place}, which JSON cannot represent${advice}`;
  }
  if (depth >= MAX_JSON_DEPTH) return `is nested deeper than ${MAX_JSON_DEPTH} levels`;
  // Not Object.values of an array: it leaves holes out.
  const members: unknown[] = Array.isArray(value) ? Array.from(value) : Object.values(value).filter(isGiven);
  for (const member of members) {
    const problem = explain(member, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function isGiven(member: unknown): boolean {
  return member !== undefined;
}

/** Neither of a class of its own nor with a `toJSON`, which would store another value than the one checked. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype !== Object.prototype && prototype !== null && !isForeignPlain(prototype)) return false;
  return typeof (value as { toJSON?: unknown }).toJSON !== "function";
}

/** Plain objects of another realm (a vm context, a test runner) have an Object.prototype of their own. */
function isForeignPlain(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "isPrototypeOf");
}

/** Splits an RFC 6901 JSON Pointer; `undefined` when the text is none. `""` is the whole document. */
export function parseJsonPointer(pointer: string): string[] | undefined {
  if (pointer === "") return [];
  if (!pointer.startsWith("/") || /~(?![01])/.test(pointer)) return undefined;
  return pointer
    .slice(1)
    .split("/")
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The value a JSON Pointer's tokens lead to, or `undefined` where there is none. */
export function resolveJsonPointer(value: JsonValue | undefined, tokens: readonly string[]): JsonValue | undefined {
  let current = value;
  for (const token of tokens) {
    if (Array.isArray(current)) {
      current = /^(0|[1-9]\d*)$/.test(token) ? current[Number(token)] : undefined;
    } else if (typeof current === "object" && current !== null) {
      current = Object.hasOwn(current, token) ? current[token] : undefined;
    } else {
      return undefined;
    }
  }
  return current;
}
