import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { isObject } from "../../calls/values.js";

/** The chunks of a streamed response that a document holds, or `undefined` when it holds something else. */
export function chunksIn(value: JsonValue): JsonObject[] | undefined {
  if (isChunk(value)) return [value];
  if (!Array.isArray(value) || value.length === 0 || !value.every(isChunk)) return undefined;
  return value;
}

function isChunk(value: JsonValue): value is JsonObject {
  if (!isObject(value) || !Array.isArray(value.choices)) return false;
  if (value.object === "chat.completion.chunk") return true;
  return value.choices.length > 0 && value.choices.every((choice) => isObject(choice) && isObject(choice.delta));
}

/** Responses that are not finished; more than come at the same time to one log. */
const MOST_OPEN = 1000;

interface OpenResponse {
  readonly first: JsonObject;
  readonly choices: Map<number, JsonObject>;
}

/** Puts the chunks of streamed responses together, those of several responses at the same time too. */
export class ChunkAssembler {
  readonly #open = new Map<string, OpenResponse>();

  /** @returns responses that are complete */
  add(chunk: JsonObject): JsonValue[] {
    const id = String(chunk.id ?? "");
    const response = this.#open.get(id) ?? { first: chunk, choices: new Map() };
    this.#open.set(id, response);
    for (const choice of chunk.choices as JsonValue[]) if (isObject(choice)) addChoice(response, choice);
    if (this.#open.size <= MOST_OPEN) return [];
    const [[oldest, evicted] = ["", response]] = this.#open;
    this.#open.delete(oldest);
    return [toResponse(evicted)];
  }

  end(): JsonValue[] {
    const responses = [...this.#open.values()].map(toResponse);
    this.#open.clear();
    return responses;
  }
}

function addChoice(response: OpenResponse, choice: JsonObject): void {
  const index = Number(choice.index ?? 0);
  const message = response.choices.get(index) ?? { role: "assistant", content: null };
  response.choices.set(index, message);
  const { delta } = choice;
  if (!isObject(delta)) return;
  if (typeof delta.content === "string") message.content = text(message.content) + delta.content;
  if (isObject(delta.function_call)) message.function_call = joined(message.function_call, delta.function_call);
  if (!Array.isArray(delta.tool_calls)) return;
  const calls = Array.isArray(message.tool_calls) ? message.tool_calls : [];
  message.tool_calls = calls;
  for (const [position, part] of delta.tool_calls.entries()) {
    if (!isObject(part)) continue;
    const at = Number(part.index ?? position);
    const call = isObject(calls[at]) ? calls[at] : {};
    while (calls.length < at) calls.push({});
    calls[at] = {
      ...call,
      ...(typeof part.id === "string" && part.id !== "" ? { id: part.id } : {}),
      function: joined(call.function, isObject(part.function) ? part.function : {}),
    };
  }
}

/** Names come whole, arguments in pieces. */
function joined(known: JsonValue | undefined, part: JsonObject): JsonObject {
  const before = isObject(known) ? known : {};
  const name = text(before.name) || text(part.name);
  return { name, arguments: text(before.arguments) + text(part.arguments) };
}

function text(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}

function toResponse({ first, choices }: OpenResponse): JsonValue {
  return { ...first, object: "chat.completion", choices: [...choices].map(([index, message]) => ({ index, message })) };
}
