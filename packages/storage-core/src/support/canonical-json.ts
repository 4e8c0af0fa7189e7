import type { JsonValue } from "./json.js";

/**
 * RFC 8785 canonical form: equal values give equal text on every backend. Written here because the published
 * implementations throw on lone surrogates, which the RFC excludes and payloads may hold; they are kept as the
 * `\udXXX` escapes that `JSON.stringify` writes.
 */
export function canonicalJson(value: JsonValue): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const members = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    // The RFC orders by UTF-16 code unit, which is what sort() compares.
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] as JsonValue)}`);
  return `{${members.join(",")}}`;
}
