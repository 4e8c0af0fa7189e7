import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { Unreadable } from "../bytes/unreadable.js";

/** Elements in a row that a reader left out; more are taken for the name of a member, which would be filled up to. */
const MAX_LEFT_OUT = 1_000_000;

/** Puts the parts of a document that is too large for one value together again, without what the reader leaves out. */
export class Assembler {
  #root: JsonObject | JsonValue[] | undefined;
  /** The plain members of the objects that were read in parts, by pointer; more come until the object ends. */
  readonly #around = new Map<string, JsonObject>();

  get empty(): boolean {
    return this.#root === undefined;
  }

  /**
   * @param pointer of the part; parts come in the order of the document
   * @param around the objects it is in, innermost first
   */
  add(pointer: string, value: JsonValue, around: readonly JsonObject[]): void {
    const tokens = tokensOf(pointer);
    this.#root ??= container(tokens[0]);
    let at = this.#root;
    for (const [index, token] of tokens.slice(0, -1).entries()) {
      const inner = own(at, token) ?? set(at, token, container(tokens[index + 1]));
      // A part of something that was a plain value before: the document names a member twice, and was refused.
      if (typeof inner !== "object" || inner === null) return;
      at = inner;
    }
    set(at, tokens.at(-1) as string, value);
    const objects = tokens.flatMap((token, index) => (isIndex(token) ? [] : [index])).toReversed();
    for (const [level, index] of objects.entries()) {
      const members = around[level];
      if (members !== undefined) this.#around.set(JSON.stringify(tokens.slice(0, index)), members);
    }
  }

  /** What was put together, with the plain members; the next document begins empty. */
  take(): JsonValue | undefined {
    const root = this.#root;
    for (const [path, members] of this.#around) {
      let at: JsonValue | undefined = root;
      for (const token of JSON.parse(path) as string[]) {
        at = typeof at === "object" && at !== null ? own(at as JsonObject | JsonValue[], token) : undefined;
      }
      if (typeof at !== "object" || at === null || Array.isArray(at)) continue;
      for (const [name, value] of Object.entries(members)) if (!Object.hasOwn(at, name)) set(at, name, value);
    }
    this.#root = undefined;
    this.#around.clear();
    return root;
  }
}

/** The keys and indexes of a JSON Pointer. */
export function tokensOf(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function container(inner: string | undefined): JsonObject | JsonValue[] {
  return inner !== undefined && isIndex(inner) ? [] : {};
}

function isIndex(token: string): boolean {
  return /^\d{1,9}$/.test(token);
}

function own(at: JsonObject | JsonValue[], token: string): JsonObject | JsonValue[] | undefined {
  return Object.hasOwn(at, token) ? ((at as JsonObject)[token] as JsonObject | JsonValue[]) : undefined;
}

/** A member, whatever its name: `__proto__` too. */
function set<T extends JsonValue>(at: JsonObject | JsonValue[], token: string, value: T): T {
  if (Array.isArray(at)) {
    const index = Number(token);
    if (index - at.length > MAX_LEFT_OUT) throw new Unreadable("has an object with large numbers for names");
    // What was left out before it keeps its place.
    while (at.length < index) at.push(null);
    at[index] = value;
  } else Object.defineProperty(at, token, { value, enumerable: true, writable: true, configurable: true });
  return value;
}
