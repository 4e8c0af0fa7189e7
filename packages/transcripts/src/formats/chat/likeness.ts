import type { JsonValue } from "@agent-assembly/storage-core";
import { digestOf } from "../../calls/identity.js";
import { asText, isObject, readArguments, readResult } from "../../calls/values.js";
import { isItem } from "./item-types.js";
import type { Message } from "./message.js";
import type { Part } from "./part.js";
import type { ReadTurn } from "./parts.js";

/** What a conversation is known by when nothing names it. */
export interface Likeness {
  /** Of the messages up to the first one with a call. */
  readonly opening: string;
  /** Of each message, where it was asked for. */
  readonly content: readonly string[];
}

/**
 * Digests that are equal for the same messages wherever a log has them: a response has members that are no longer there when the
 * next request repeats it, and libraries write the same message in several ways.
 * @param whole whether more than the opening is asked for
 */
export function likenessOf(turns: readonly ReadTurn[], whole: boolean): Likeness {
  const hasItems = turns.some(({ item }) => isObject(item) && typeof item.role !== "string" && isItem(item));
  const content: string[] = [];
  let opening: JsonValue[] | undefined;
  for (const { item, message, parts } of turns) {
    // What a model said and thought is repeated in several forms, or only referred to, where calls are items of their own.
    if (hasItems && message !== undefined && parts.length === 0 && isSaid(message)) continue;
    content.push(shortOf(digestOf(message === undefined ? item : essenceOf(message, parts))));
    const call = opening === undefined ? parts.find((part) => part.kind === "call") : undefined;
    if (call !== undefined) opening = [...content, callOf(call)];
    if (opening !== undefined && !whole) break;
  }
  return { opening: digestOf(...(opening ?? content)), content };
}

/** A source may have many messages: twelve bytes of each digest are kept, in Latin-1. */
function shortOf(digest: string): string {
  return Buffer.from(digest.slice(0, 24), "hex").toString("latin1");
}

function isSaid({ role, body }: Message): boolean {
  return role === "assistant" || (role === undefined && isItem(body));
}

function essenceOf({ role, body }: Message, parts: readonly Part[]): JsonValue {
  // A message for a user interface grows: it has a call, then its answer, then the next call.
  if (role === "assistant" && (Array.isArray(body.parts) || Array.isArray(body.toolInvocations))) {
    const first = parts.find((part) => part.kind === "call");
    return [role, asText(body.id) ?? (first === undefined ? textOf(body.parts ?? body.content) : callOf(first))];
  }
  const told = parts.flatMap((part): JsonValue[] => {
    if (part.kind === "call") return [callOf(part)];
    if (part.kind === "answer") return [[part.callId ?? null, readResult(part.result).value]];
    return part.kind === "bad" ? [part.pointer] : [];
  });
  // The content of a message of a tool is its answer.
  return [role ?? null, parts.length > 0 && role === "tool" ? "" : textOf(body.content ?? body.parts), told];
}

function callOf(part: Part & { readonly kind: "call" }): JsonValue {
  return [part.id ?? null, part.tool, readArguments(part.arguments).value];
}

function textOf(content: JsonValue | undefined): JsonValue {
  if (content === undefined || content === null) return "";
  if (!Array.isArray(content)) return content;
  const others: JsonValue[] = [];
  let text = "";
  for (const part of content) {
    if (isObject(part) && typeof part.text === "string") text += part.text;
    else if (isObject(part) && typeof part.type === "string" && /tool|step-start/.test(part.type)) continue;
    else others.push(part);
  }
  return others.length === 0 ? text : [text, ...others];
}
