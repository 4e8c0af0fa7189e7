import { describeShape } from "./describe.js";

export type JsonScalar = string | number | boolean | null;
export type JsonValue = JsonScalar | JsonValue[] | { [key: string]: JsonValue };
export type JsonObject = { [key: string]: JsonValue };

/** Deeper nesting is refused: recursive readers (SQLite's and PostgreSQL's JSON functions) stop near there. */
export const MAX_JSON_DEPTH = 200;

/**
 * Why a value is not JSON, or `undefined` when it is. `JSON.stringify` would silently drop or change such values
 * (functions, `NaN`, `Date`, `Map`, `undefined` in arrays), and an audit trail must not.
 * Object members whose value is `undefined` count as absent.
 */
export function jsonProblem(value: unknown, path = "", depth = 0): string | undefined {
  switch (typeof value) {
    case "string":
    case "boolean":
      return undefined;
    case "number":
      return Number.isFinite(value) ? undefined : at(path, value);
    case "object": {
      if (value === null) return undefined;
      if (depth >= MAX_JSON_DEPTH) return `is nested deeper than ${MAX_JSON_DEPTH} levels`;
      if (Array.isArray(value)) {
        for (let i = 0; i < value.length; i++) {
          const problem = jsonProblem(value[i], `${path}/${i}`, depth + 1);
          if (problem !== undefined) return problem;
        }
        return undefined;
      }
      const prototype = Object.getPrototypeOf(value) as object | null;
      if (prototype !== Object.prototype && prototype !== null && !isForeignPlain(prototype)) {
        return at(path, value);
      }
      // A toJSON method would make the stored text differ from the value that was checked.
      if (typeof (value as { toJSON?: unknown }).toJSON === "function") return at(path, value);
      for (const key in value) {
        const member = (value as Record<string, unknown>)[key];
        if (member === undefined) continue;
        const kind = typeof member;
        if (kind === "string" || kind === "boolean" || member === null) continue;
        const problem = jsonProblem(member, `${path}/${key}`, depth + 1);
        if (problem !== undefined) return problem;
      }
      return undefined;
    }
    default:
      return at(path, value);
  }
}

/** Plain objects of another realm (a vm context, a test runner) have an Object.prototype of their own. */
function isForeignPlain(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "isPrototypeOf");
}

function at(path: string, value: unknown): string {
  const place = path === "" ? "" : ` at a member ${path.split("/").length - 1} level(s) deep`;
  return `holds ${describeShape(value)}${place}, which JSON cannot represent`;
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
