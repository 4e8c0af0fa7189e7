import type { JsonValue } from "@agent-assembly/storage-core";
import { digestOf } from "../../calls/identity.js";
import { isObject, readArguments, readResult } from "../../calls/values.js";
import { toMessage } from "./message.js";
import { partsOf } from "./parts.js";

/**
 * A digest that is equal for the same message wherever a log has it: a response has members that are no longer there when the
 * next request repeats it, and libraries write the same message in several ways.
 */
export function likenessOf(item: JsonValue): string {
  const message = toMessage(item);
  if (message === undefined) return digestOf(item).toString("latin1", 0, 12);
  const parts = partsOf(message).map((part): JsonValue => {
    if (part.kind === "call") return [part.id ?? null, part.tool, readArguments(part.arguments).value];
    return part.kind === "answer" ? [part.callId ?? null, readResult(part.result).value] : part.pointer;
  });
  // The content of a message of a tool is its answer.
  const text = parts.length > 0 && message.role === "tool" ? "" : textOf(message.body.content);
  return digestOf(message.role ?? null, text, parts).toString("latin1", 0, 12);
}

function textOf(content: JsonValue | undefined): JsonValue {
  if (content === undefined || content === null) return "";
  if (!Array.isArray(content)) return content;
  const others: JsonValue[] = [];
  let text = "";
  for (const part of content) {
    if (isObject(part) && typeof part.text === "string") text += part.text;
    else if (isObject(part) && typeof part.type === "string" && /tool/.test(part.type)) continue;
    else others.push(part);
  }
  return others.length === 0 ? text : [text, ...others];
}
