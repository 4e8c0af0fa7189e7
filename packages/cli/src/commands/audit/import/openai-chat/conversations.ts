import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import type { ByteSource } from "../../../../terminal/input.js";
import { atLine, type Place, parseJson } from "../item.js";
import { type Line, readLines } from "../jsonl.js";

/** A chat message: an object with a `role`. */
export type Message = JsonObject & { readonly role: string };

/** One list of messages and the objects around it, innermost first: that is where its ids are. */
export interface Conversation {
  readonly messages: readonly Message[];
  readonly around: readonly JsonObject[];
}

/** Every list of messages in a document, however deep and under whichever key, in document order. */
export function* findConversations(value: JsonValue, around: readonly JsonObject[] = []): Generator<Conversation> {
  if (Array.isArray(value)) {
    if (isMessages(value)) yield { messages: value, around };
    else for (const item of value) yield* findConversations(item, around);
  } else if (typeof value === "object" && value !== null) {
    const inner = [value, ...around];
    for (const member of Object.values(value)) {
      if (typeof member === "object" && member !== null) yield* findConversations(member, inner);
    }
  }
}

function isMessages(list: JsonValue[]): list is Message[] {
  return list.length > 0 && list.every(isMessage);
}

function isMessage(value: JsonValue): value is Message {
  return typeof value === "object" && value !== null && !Array.isArray(value) && typeof value.role === "string";
}

export type Document = { readonly place: Place | undefined } & (
  | { readonly value: JsonValue }
  | { readonly problem: string }
);

/**
 * The JSON documents of a file: its lines when the first one is a document of its own (JSONL, read as a stream), else
 * the whole file as one document.
 */
export async function* readDocuments(source: ByteSource): AsyncGenerator<Document> {
  const lines = readLines(source);
  const first = await lines.next();
  if (first.done === true) return;
  if (isDocument(first.value)) {
    yield toDocument(first.value);
    for await (const line of lines) yield toDocument(line);
    return;
  }
  const collected: Line[] = [first.value];
  for await (const line of lines) collected.push(line);
  const unreadable = collected.find((line) => "problem" in line);
  if (unreadable === undefined) {
    // Blank lines were dropped; between JSON tokens they mean nothing, and a string cannot hold one.
    const whole = parseJson(collected.map((line) => ("text" in line ? line.text : "")).join("\n"));
    if ("value" in whole) {
      yield { place: undefined, value: whole.value };
      return;
    }
    if (!collected.some(isDocument)) {
      yield { place: undefined, problem: `${whole.problem}, and none of its lines is a JSON object` };
      return;
    }
  }
  for (const line of collected) yield toDocument(line);
}

function isDocument(line: Line): boolean {
  if (!("text" in line)) return false;
  const parsed = parseJson(line.text);
  return "value" in parsed && typeof parsed.value === "object" && parsed.value !== null;
}

function toDocument(line: Line): Document {
  const place = atLine(line.number);
  return "problem" in line ? { place, problem: line.problem } : { place, ...parseJson(line.text) };
}
