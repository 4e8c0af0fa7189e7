import type { JsonValue } from "@agent-assembly/storage-core";

/**
 * jsonb holds neither U+0000 nor lone surrogates, which are valid in JSON. Such a character, and the mark itself, is
 * stored as the mark and four hexadecimal digits: the mapping is one to one, so equality in SQL stays equality.
 */
const MARK = "\uE0FF";
// biome-ignore lint/suspicious/noControlCharactersInRegex: U+0000 is exactly what must be found
const UNSTORABLE = /[\u0000\uE0FF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;
const ESCAPE = /\uE0FF([0-9a-f]{4})/g;

/** The form of a text that PostgreSQL can store. */
export function toStoredText(text: string): string {
  return text.replace(UNSTORABLE, (unit) => MARK + unit.charCodeAt(0).toString(16).padStart(4, "0"));
}

export function fromStoredText(text: string): string {
  return text.replace(ESCAPE, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** @param text of JSON.stringify, which writes what jsonb cannot hold as `\u0000` and `\ud800` to `\udfff` */
export function toStoredJson(text: string): string {
  if (!text.includes("\\u") && !text.includes(MARK)) return text;
  return JSON.stringify(mapTexts(JSON.parse(text) as JsonValue, toStoredText));
}

export function fromStoredJson(value: JsonValue): JsonValue {
  return mapTexts(value, (text) => (text.includes(MARK) ? fromStoredText(text) : text));
}

/** @param text as the server prints a jsonb value. @returns JSON text, without the escapes */
export function fromStoredJsonText(text: string): string {
  return text.includes(MARK) ? JSON.stringify(fromStoredJson(JSON.parse(text) as JsonValue)) : text;
}

/** Member names are texts too. */
function mapTexts(value: JsonValue, map: (text: string) => string): JsonValue {
  if (typeof value === "string") return map(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, map));
  // Not fromEntries on the value itself: a member named __proto__ must stay a member.
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [map(name), mapTexts(member, map)]));
}
