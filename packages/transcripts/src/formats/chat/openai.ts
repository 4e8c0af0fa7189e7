import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { asId, asText, isObject } from "../../calls/values.js";
import type { Message } from "./message.js";
import type { Parts } from "./part.js";

/** `tool_calls` and `function_call` of an assistant, in the forms of OpenAI and of LangChain. */
export function readToolCalls({ body, pointer }: Message, parts: Parts): void {
  const extra = isObject(body.additional_kwargs) ? body.additional_kwargs : {};
  // LangChain keeps what the provider sent beside what it made of it.
  const fromExtra = !isFilled(body.tool_calls) && !isFilled(body.invalid_tool_calls) && isFilled(extra.tool_calls);
  const listed = fromExtra ? extra.tool_calls : body.tool_calls;
  const listPointer = `${pointer}${fromExtra ? "/additional_kwargs" : ""}/tool_calls`;
  readList(listed, listPointer, parts);
  if (isFilled(body.invalid_tool_calls)) readList(body.invalid_tool_calls, `${pointer}/invalid_tool_calls`, parts);
  if (isObject(body.function_call)) {
    parts.call(`${pointer}/function_call`, undefined, body.function_call.name, body.function_call.arguments);
  } else if (isObject(extra.function_call) && !isFilled(listed)) {
    const call = extra.function_call;
    parts.call(`${pointer}/additional_kwargs/function_call`, undefined, call.name, call.arguments);
  }
}

function readList(listed: JsonValue | undefined, pointer: string, parts: Parts): void {
  if (listed === undefined || listed === null) return;
  if (!Array.isArray(listed)) {
    parts.notRead(pointer, "is no list of calls");
    return;
  }
  for (const [index, entry] of listed.entries()) {
    const place = `${pointer}/${index}`;
    if (!isObject(entry)) parts.notRead(place, "is no call: an object was expected");
    else readCall(entry, place, parts);
  }
}

function readCall(entry: JsonObject, place: string, parts: Parts): void {
  // The older flat form has the name and arguments on the call itself; custom tools have `input`, LangChain has `args`.
  const body = [entry.function, entry.custom].find(isObject) ?? entry;
  const args = [body.arguments, body.args, body.input].find((given) => given !== undefined);
  parts.call(place, asId(entry.id), body.name, args, { error: asText(entry.error) });
}

/** A message of a tool: its content is the answer. */
export function readToolMessage({ role, body, pointer }: Message, parts: Parts): boolean {
  if (role !== "tool" && role !== "function") return false;
  const ids = Array.isArray(body.tool_call_ids)
    ? body.tool_call_ids.map(asId)
    : [asId(body.tool_call_id) ?? asId(body.toolCallId)];
  const error = body.status === "error" || body.is_error === true ? true : undefined;
  if (body.content === undefined && ids.every((id) => id === undefined)) return false;
  for (const callId of ids) parts.answer(pointer, callId, asText(body.name), body.content, error);
  return true;
}

function isFilled(value: JsonValue | undefined): boolean {
  return Array.isArray(value) && value.length > 0;
}
