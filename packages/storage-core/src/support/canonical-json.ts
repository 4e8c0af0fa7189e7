import type { JsonValue } from "./json.js";

/**
 * RFC 8785 canonical form: equal values give equal text on every backend. Written here because the published
 * implementations throw on lone surrogates, which the RFC excludes and payloads may hold; they are kept as the
 * `\udXXX` escapes that `JSON.stringify` writes.
 */
export function canonicalJson(value: JsonValue): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (isFlatInOrder(value)) return JSON.stringify(value);
  let members = "";
  for (const key of sortedKeys(value)) {
    const member = value[key];
    if (member === undefined) continue;
    members += `${members === "" ? "" : ","}${JSON.stringify(key)}:${canonicalJson(member)}`;
  }
  return `{${members}}`;
}

/** Of such an object the engine writes the canonical form, in a fraction of the time. */
function isFlatInOrder(value: object): boolean {
  let before = "";
  for (const key in value) {
    const member = (value as Record<string, unknown>)[key];
    if (key < before || (typeof member === "object" && member !== null)) return false;
    before = key;
  }
  return true;
}

/** The RFC orders by UTF-16 code unit, which is what `<` and `sort()` compare. Most objects are small, and many in order. */
function sortedKeys(value: object): string[] {
  const keys = Object.keys(value);
  for (let index = 1; index < keys.length; index++) {
    if ((keys[index - 1] as string) > (keys[index] as string)) return keys.sort();
  }
  return keys;
}
