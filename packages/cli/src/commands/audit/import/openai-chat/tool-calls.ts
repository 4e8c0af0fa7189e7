import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { jsonProblem } from "@agent-assembly/storage-core/backend";
import { parseJson } from "../item.js";
import type { Message } from "./conversations.js";

/** A tool call of an assistant message, with the reply that followed it. */
export interface ToolCall {
  readonly tool: string;
  /** Parsed where it is JSON, the raw text otherwise. */
  readonly arguments: JsonValue;
  readonly id: string | undefined;
  /** Absent when there was no answer. */
  result?: JsonValue;
  /** Position of its message in the conversation. */
  readonly messageIndex: number;
}

/**
 * The tool calls of one conversation. A reply goes to the earliest open call with its id, because ids repeat; a reply
 * without an id to the earliest open call of its name, or of any.
 */
export function toolCallsOf(messages: readonly Message[]): ToolCall[] {
  const calls: ToolCall[] = [];
  let open: ToolCall[] = [];
  for (const [messageIndex, message] of messages.entries()) {
    if (message.role === "assistant") {
      const made = callsOf(message, messageIndex);
      calls.push(...made);
      open.push(...made);
    } else if (message.role === "tool" || message.role === "function") {
      const call = answered(open, message);
      if (call === undefined) continue;
      call.result = structured(contentOf(message.content));
      open = open.filter((other) => other !== call);
    }
  }
  return calls;
}

function callsOf(message: Message, messageIndex: number): ToolCall[] {
  const listed = Array.isArray(message.tool_calls) ? message.tool_calls : [];
  const calls: ToolCall[] = [];
  for (const entry of listed) {
    if (!isObject(entry)) continue;
    // The older flat form has the name and arguments on the call itself; custom tools have `input`.
    const body = [entry.function, entry.custom].find(isObject) ?? entry;
    calls.push({ ...named(body), id: typeof entry.id === "string" ? entry.id : undefined, messageIndex });
  }
  if (isObject(message.function_call)) calls.push({ ...named(message.function_call), id: undefined, messageIndex });
  return calls;
}

function named(body: JsonObject): Pick<ToolCall, "tool" | "arguments"> {
  const tool = typeof body.name === "string" ? body.name : "";
  const given = body.arguments ?? body.input ?? {};
  return { tool, arguments: typeof given === "string" ? parsed(given) : given };
}

function answered(open: readonly ToolCall[], reply: Message): ToolCall | undefined {
  const id = reply.tool_call_id;
  if (typeof id === "string") return open.find((call) => call.id === id);
  return open.find((call) => call.tool === reply.name) ?? open[0];
}

/** The value of a JSON text; text that is none, or nested too deep to be stored, stays text. */
function parsed(text: string): JsonValue {
  const result = parseJson(text);
  return "value" in result && jsonProblem(result.value) === undefined ? result.value : text;
}

/** A tool that answers with a JSON object or list can be queried by its members; other answers stay text. */
function structured(content: JsonValue): JsonValue {
  if (typeof content !== "string" || !/^\s*[[{]/.test(content)) return content;
  return parsed(content);
}

/** Content parts that are all text read as that text. */
function contentOf(content: JsonValue | undefined): JsonValue {
  if (content === undefined) return null;
  if (!Array.isArray(content)) return content;
  const texts = content.map((part) => (isObject(part) && typeof part.text === "string" ? part.text : undefined));
  return texts.length > 0 && texts.every((text) => text !== undefined) ? texts.join("") : content;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
