import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { isObject } from "../../calls/values.js";
import type { OtlpAttributes } from "../otlp/records.js";

/** What was found while values were decoded; each kind once for a record. */
export class DecodeNotes {
  numbersAsText = false;
  /** Values that are no AnyValue, or attributes that are none. */
  unread = 0;
  /** An attribute that occurs twice; the first one counts. */
  duplicates = false;
  /** Lists and members that the value being decoded is in, and the most that any value was in. */
  depth = 0;
  deepest = 0;

  enter(): void {
    this.depth++;
    if (this.depth > this.deepest) this.deepest = this.depth;
  }
}

const UINT_64 = /^\d{1,20}$/;
const INTEGER = /^-?\d+$/;

/** A time in nanoseconds; zero means that there is none. A number prints as its digits: others come as text. */
export function decodeTime(value: JsonValue | undefined): bigint | undefined {
  const text = typeof value === "number" && Number.isInteger(value) ? String(value) : value;
  if (typeof text !== "string" || !UINT_64.test(text)) return undefined;
  const time = BigInt(text);
  return time === 0n || time >= 2n ** 64n ? undefined : time;
}

/** An id of so many bytes as hexadecimal digits. Writers that follow protobuf's JSON instead of OTLP's have base64. */
export function decodeId(value: JsonValue | undefined, bytes: number): string | undefined {
  if (typeof value !== "string") return undefined;
  let hex = value.toLowerCase();
  if (hex.length !== bytes * 2 || !/^[0-9a-f]+$/.test(hex)) {
    if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(value)) return undefined;
    hex = Buffer.from(value, "base64").toString("hex");
  }
  return hex.length !== bytes * 2 || /^0+$/.test(hex) ? undefined : hex;
}

/** A list of `{ key, value }`. */
export function decodeAttributes(list: JsonValue | undefined, notes: DecodeNotes): OtlpAttributes {
  const attributes = new Map<string, JsonValue>();
  for (const entry of arrayOf(list, notes)) {
    if (!isObject(entry) || typeof entry.key !== "string") notes.unread++;
    else if (attributes.has(entry.key)) notes.duplicates = true;
    else {
      const value = decodeValue(entry.value, notes);
      if (value !== undefined) attributes.set(entry.key, value);
    }
  }
  return attributes;
}

/** An AnyValue; `undefined` when it is none. 64-bit integers are text in OTLP: one that a double cannot hold stays text. */
export function decodeValue(value: JsonValue | undefined, notes: DecodeNotes): JsonValue | undefined {
  if (value === undefined || value === null) return null;
  if (!isObject(value)) return unread(notes);
  if (Object.keys(value).length === 0) return null;
  if (typeof value.stringValue === "string") return value.stringValue;
  if (typeof value.boolValue === "boolean") return value.boolValue;
  if (value.intValue !== undefined) return decodeInteger(value.intValue, notes);
  if (value.doubleValue !== undefined) return decodeDouble(value.doubleValue, notes);
  if (typeof value.bytesValue === "string") return value.bytesValue;
  const inner = isObject(value.arrayValue) ? value.arrayValue : value.kvlistValue;
  if (!isObject(inner)) return unread(notes);
  notes.enter();
  const decoded = inner === value.arrayValue ? decodeList(inner, notes) : decodeMembers(inner, notes);
  notes.depth--;
  return decoded;
}

function decodeList(list: JsonObject, notes: DecodeNotes): JsonValue {
  return arrayOf(list.values, notes).map((item) => decodeValue(item, notes) ?? null);
}

function decodeMembers(list: JsonObject, notes: DecodeNotes): JsonValue {
  return Object.fromEntries(decodeAttributes(list.values, notes));
}

function decodeInteger(value: JsonValue, notes: DecodeNotes): JsonValue | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || !INTEGER.test(value)) return unread(notes);
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  notes.numbersAsText = true;
  return value;
}

/** JSON has no NaN and no infinity: OTLP writes their names. */
function decodeDouble(value: JsonValue, notes: DecodeNotes): JsonValue | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || value === "") return unread(notes);
  const number = Number(value);
  if (String(number) === value && Number.isFinite(number)) return number;
  notes.numbersAsText = true;
  return value;
}

function unread(notes: DecodeNotes): undefined {
  notes.unread++;
  return undefined;
}

/** The items of a list; what is none counts as unread. */
export function arrayOf(value: JsonValue | undefined, notes: DecodeNotes): readonly JsonValue[] {
  if (Array.isArray(value)) return value;
  if (value !== undefined && value !== null) notes.unread++;
  return [];
}
