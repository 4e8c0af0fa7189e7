import type { JsonValue } from "@agent-assembly/storage-core";
import type { OtlpAttributes, OtlpOrigin } from "@agent-assembly/transcripts/otlp";
import { ANY_VALUE, KEY_VALUE, LIST, RESOURCE, SCOPE } from "./fields.js";
import type { MessageReader } from "./reader.js";

const NONE: OtlpAttributes = new Map();
const NO_SCOPE: OtlpOrigin["scope"] = { name: undefined, version: undefined };

/** Reads one `KeyValue` into attributes; of a name that occurs twice, the first one counts. */
export function readAttribute(reader: MessageReader, outer: number, attributes: Map<string, JsonValue>): void {
  reader.countValue();
  const end = reader.enter(outer);
  let key = "";
  let value: JsonValue = null;
  for (let tag = reader.next(end); tag !== 0; tag = reader.next(end)) {
    if (tag === KEY_VALUE.key) key = reader.name(end);
    else if (tag === KEY_VALUE.value) value = readValue(reader, end);
    else reader.pass(tag, end);
  }
  if (!attributes.has(key)) attributes.set(key, value);
}

/** An `AnyValue`: integers that no double holds and numbers that JSON does not have are text, bytes are base64. */
export function readValue(reader: MessageReader, outer: number): JsonValue {
  const end = reader.enter(outer);
  let value: JsonValue = null;
  for (let tag = reader.next(end); tag !== 0; tag = reader.next(end)) {
    switch (tag) {
      case ANY_VALUE.string:
        value = reader.text(end);
        break;
      case ANY_VALUE.bool:
        value = reader.bool();
        break;
      case ANY_VALUE.int:
        value = integerOf(reader.int64());
        break;
      case ANY_VALUE.double:
        value = doubleOf(reader.double());
        break;
      case ANY_VALUE.array:
        value = reader.nested(() => readArray(reader, end));
        break;
      case ANY_VALUE.kvlist:
        value = reader.nested(() => readMembers(reader, end));
        break;
      case ANY_VALUE.bytes:
        value = reader.base64(end);
        break;
      default:
        reader.pass(tag, end);
    }
  }
  return value;
}

function readArray(reader: MessageReader, outer: number): JsonValue[] {
  const end = reader.enter(outer);
  const values: JsonValue[] = [];
  for (let tag = reader.next(end); tag !== 0; tag = reader.next(end)) {
    if (tag === LIST.values) {
      reader.countValue();
      values.push(readValue(reader, end));
    } else reader.pass(tag, end);
  }
  return values;
}

function readMembers(reader: MessageReader, outer: number): JsonValue {
  return Object.fromEntries(readAttributes(reader, reader.enter(outer), LIST.values));
}

/** The attributes of a message that holds nothing else that is read. */
function readAttributes(reader: MessageReader, end: number, field: number): Map<string, JsonValue> {
  const attributes = new Map<string, JsonValue>();
  for (let tag = reader.next(end); tag !== 0; tag = reader.next(end)) {
    if (tag === field) readAttribute(reader, end, attributes);
    else reader.pass(tag, end);
  }
  return attributes;
}

export function readResource(reader: MessageReader, outer: number): OtlpAttributes {
  return readAttributes(reader, reader.enter(outer), RESOURCE.attributes);
}

export function readScope(reader: MessageReader, outer: number): OtlpOrigin["scope"] {
  const end = reader.enter(outer);
  let [name, version] = ["", ""];
  for (let tag = reader.next(end); tag !== 0; tag = reader.next(end)) {
    if (tag === SCOPE.name) name = reader.text(end);
    else if (tag === SCOPE.version) version = reader.text(end);
    else reader.pass(tag, end);
  }
  return { name: given(name), version: given(version) };
}

export const NO_ORIGIN: OtlpOrigin = { resource: NONE, scope: NO_SCOPE, schemaUrl: undefined };

/** An empty text is what a text that is absent reads as. */
export function given(text: string): string | undefined {
  return text === "" ? undefined : text;
}

function integerOf(value: bigint | string): JsonValue {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

function doubleOf(value: number): JsonValue {
  return Number.isFinite(value) ? value : String(value);
}
