import { hash } from "node:crypto";
import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { isObject } from "../../calls/values.js";

/** Sizes in UTF-8 bytes of JSON text. */
export interface PayloadLimits {
  /** A member or an attribute that takes more is cut. */
  readonly memberBytes: number;
  /** While the whole payload takes more, its largest member is cut. */
  readonly payloadBytes: number;
}

/** UTF-16 code units that stay readable of what is cut. */
const HEAD_LENGTH = 256;
/** Of one code unit in JSON text: `\u0000`. */
const MOST_BYTES_OF_UNIT = 6;

/**
 * Cuts members that are too large: `{ "$truncated": { "bytes", "sha256", "head" } }` stands in their place. The size and the
 * digest are those of a text itself, and of the JSON text of any other value. An event is worth more than the last byte of
 * what a tool answered.
 */
export function fitPayload(payload: JsonObject, limits: PayloadLimits): JsonObject {
  // Most payloads are small as a whole, and are looked through only once.
  if (!mayExceed(payload, Math.min(limits.memberBytes, limits.payloadBytes))) return payload;
  let fitted = fitMembers(payload, limits.memberBytes);
  if (isObject(fitted.attributes)) {
    const attributes = fitMembers(fitted.attributes, limits.memberBytes);
    if (attributes !== fitted.attributes) fitted = { ...fitted, attributes };
  }
  // Attributes are many and small: as a whole they are cut only where the payload is too large.
  while (mayExceed(fitted, limits.payloadBytes) && bytesOf(fitted) > limits.payloadBytes) {
    const largest = largestMember(fitted);
    if (largest === undefined) return fitted;
    fitted = { ...fitted, [largest]: truncated(fitted[largest] as JsonValue) };
  }
  return fitted;
}

function fitMembers(object: JsonObject, memberBytes: number): JsonObject {
  let fitted = object;
  for (const name in object) {
    const value = object[name] as JsonValue;
    if (name === "attributes" || !mayExceed(value, memberBytes) || bytesOf(value) <= memberBytes) continue;
    if (fitted === object) fitted = { ...object };
    fitted[name] = truncated(value);
  }
  return fitted;
}

function largestMember(object: JsonObject): string | undefined {
  let largest: string | undefined;
  let most = 0;
  for (const [name, value] of Object.entries(object)) {
    const size = isTruncated(value) ? 0 : bytesOf(value);
    if (size > most && size > HEAD_LENGTH * MOST_BYTES_OF_UNIT) [largest, most] = [name, size];
  }
  return largest;
}

function isTruncated(value: JsonValue): boolean {
  return isObject(value) && "$truncated" in value;
}

function truncated(value: JsonValue): JsonObject {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const head = text.slice(0, HEAD_LENGTH).toWellFormed();
  return { $truncated: { bytes: Buffer.byteLength(text), sha256: hash("sha256", text, "hex"), head } };
}

function bytesOf(value: JsonValue): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** Whether a value could take more than so many bytes: most cannot, which is found out without making their JSON text. */
function mayExceed(value: JsonValue, bytes: number): boolean {
  return left(value, bytes) < 0;
}

function left(value: JsonValue, bytes: number): number {
  if (typeof value === "string") return bytes - MOST_BYTES_OF_UNIT * value.length - 2;
  if (typeof value !== "object" || value === null) return bytes - 25;
  let rest = bytes - 2;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length && rest >= 0; i++) rest = left(value[i] as JsonValue, rest) - 1;
    return rest;
  }
  for (const name in value) {
    if (rest < 0) return rest;
    rest = left(value[name] as JsonValue, rest - MOST_BYTES_OF_UNIT * name.length - 4);
  }
  return rest;
}
