import { hash } from "node:crypto";
import { canonicalJson, type JsonValue } from "@agent-assembly/storage-core";
import { uuidV8 } from "@agent-assembly/storage-core/backend";

/** Hexadecimal digits of an id that its place takes. */
const PLACE_DIGITS = 6;
const MAX_PLACE = 16 ** PLACE_DIGITS - 1;
const DIGITS_OF_ID = 32;

/** SHA-256 over the canonical form of values, hexadecimal. */
export function digestOf(...values: JsonValue[]): string {
  // Of scalars alone the engine writes the canonical form.
  return digestOfText(values.every(isScalar) ? JSON.stringify(values) : canonicalJson(values));
}

function isScalar(value: JsonValue): boolean {
  return typeof value !== "object" || value === null;
}

/** SHA-256 of what a tool answered; of a long text without a second form of it. */
export function digestOfAnswer(result: JsonValue, error: JsonValue | undefined): string {
  const isText = typeof result === "string" && error === undefined && result.isWellFormed();
  return isText ? digestOfText(result) : digestOf(result, error ?? null);
}

/** SHA-256 of a text, hexadecimal. */
export function digestOfText(text: string): string {
  return hash("sha256", text, "hex");
}

/**
 * The event id of what has this digest, a UUID of version 8: the same for each reading. It begins with the place among what the
 * source has at the same millisecond, because events of one millisecond are ordered by their ids.
 * @param place from 0
 * @param digest hexadecimal
 */
export function eventIdAt(place: number, digest: string): string {
  const first = Math.min(place, MAX_PLACE).toString(16).padStart(PLACE_DIGITS, "0");
  return uuidV8(first + digest.slice(0, DIGITS_OF_ID - PLACE_DIGITS));
}
