import { canonicalJson, type JsonValue } from "@agent-assembly/storage-core";
import { parseExactJson } from "@agent-assembly/storage-core/backend";

/** Levels that a line may have: those of a payload, and a few around it. */
const MAX_DEPTH = 210;

/** The value of a text in RFC 8785 canonical form; `undefined` for every other text, so that a value has one spelling. */
export function parseCanonicalJson(text: string): JsonValue | undefined {
  const value = mayBeDeep(text) ? valueOfDeepText(text) : parsedValue(text);
  return value !== undefined && canonicalJson(value) === text ? value : undefined;
}

/** Text of fewer brackets cannot be nested deeper. */
function mayBeDeep(text: string): boolean {
  let count = 0;
  for (const bracket of ["{", "["]) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      if (++count > MAX_DEPTH) return true;
    }
  }
  return false;
}

/** This parser takes twice as long, and stops at a depth that recursive functions can follow. */
function valueOfDeepText(text: string): JsonValue | undefined {
  const parsed = parseExactJson(text, MAX_DEPTH);
  return "value" in parsed ? parsed.value : undefined;
}

function parsedValue(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** An object with these members and no other; `undefined` for what is none. */
export function recordOf<Name extends string>(
  value: JsonValue | undefined,
  names: readonly Name[],
): Readonly<Record<Name, JsonValue>> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const record = value as Readonly<Record<string, JsonValue>>;
  if (Object.keys(record).length !== names.length || !names.every((name) => Object.hasOwn(record, name))) {
    return undefined;
  }
  return record as Readonly<Record<Name, JsonValue>>;
}

/** Whether it is an index of a leaf, or a count. */
export function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
