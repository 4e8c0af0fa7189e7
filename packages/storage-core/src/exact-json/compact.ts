import type { JsonValue } from "../support/json.js";

/** Of a longer text a second copy would take too much memory. In UTF-16 code units. */
const MAX_LENGTH = 1024 * 1024;

/**
 * The value of a text that is written as `JSON.stringify` writes: a value that gives the same text back has every digit and
 * every member of it. The engine's parser and writer together are faster than a parser of our own.
 * @returns `undefined` for a text that is written otherwise, nested too deep, or no JSON
 */
export function valueOfCompactJson(text: string, maxDepth: number): JsonValue | undefined {
  if (text.length > MAX_LENGTH || !looksCompact(text)) return undefined;
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    // The caller's parser finds out where it is wrong.
    return undefined;
  }
  if (hasMoreBrackets(text, maxDepth) && isDeeper(value, maxDepth)) return undefined;
  return JSON.stringify(value) === text ? value : undefined;
}

/** Spaces and escapes that `JSON.stringify` does not write are where other programs differ; it is not worth a try. */
function looksCompact(text: string): boolean {
  const afterName = text.charCodeAt(text.indexOf('":') + 2);
  return afterName !== 0x20 && !text.includes("\\u") && !text.includes("\\/");
}

/** Fewer brackets than `most` cannot lie deeper than that. */
function hasMoreBrackets(text: string, most: number): boolean {
  let count = 0;
  for (const bracket of ["{", "["]) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      count++;
      if (count > most) return true;
    }
  }
  return false;
}

function isDeeper(value: JsonValue, most: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (most === 0) return true;
  for (const inner of Object.values(value)) if (isDeeper(inner, most - 1)) return true;
  return false;
}
