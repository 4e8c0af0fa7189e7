import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { detached } from "../../../calls/detached.js";
import { isObject } from "../../../calls/values.js";
import type { StreamAssembler } from "./stream.js";

/** Whether this is a chunk of a streamed Chat Completion. */
export function isChunk(value: JsonObject): boolean {
  if (!Array.isArray(value.choices)) return false;
  if (value.object === "chat.completion.chunk") return true;
  return value.choices.length > 0 && value.choices.every((choice) => isObject(choice) && isObject(choice.delta));
}

/** Responses that are not finished; more than come at the same time to one log. */
const MOST_OPEN = 1000;

interface OpenResponse {
  readonly first: JsonObject;
  readonly choices: Map<number, OpenChoice>;
}

interface OpenChoice {
  readonly message: JsonObject;
  /** By index, which is any number that the source has. */
  readonly calls: Map<number, JsonObject>;
  finished: boolean;
}

/** Puts the chunks of streamed responses together, those of several responses at the same time too. */
export class ChunkAssembler implements StreamAssembler {
  readonly #open = new Map<string, OpenResponse>();

  add(chunk: JsonObject): JsonValue[] {
    const id = detached(String(chunk.id ?? ""));
    const complete: JsonValue[] = [];
    const choices = (chunk.choices as JsonValue[]).filter(isObject);
    let response = this.#open.get(id);
    // Chunks without an id are told apart by where one ends.
    if (response !== undefined && choices.some((choice) => beginsAgain(response as OpenResponse, choice))) {
      complete.push(toResponse(response));
      this.#open.delete(id);
      response = undefined;
    }
    response ??= { first: chunk, choices: new Map() };
    this.#open.set(id, response);
    for (const choice of choices) addChoice(response, choice);
    if (this.#open.size <= MOST_OPEN) return complete;
    const [[oldest, evicted] = ["", response]] = this.#open;
    this.#open.delete(oldest);
    return [...complete, toResponse(evicted)];
  }

  finished(): JsonValue[] {
    const done = [...this.#open].filter(([, { choices }]) => [...choices.values()].every(({ finished }) => finished));
    for (const [id] of done) this.#open.delete(id);
    return done.map(([, response]) => toResponse(response));
  }

  end(): JsonValue[] {
    const responses = [...this.#open.values()].map(toResponse);
    this.#open.clear();
    return responses;
  }
}

function indexOf(choice: JsonObject): number {
  return Number(choice.index ?? 0);
}

function beginsAgain({ choices }: OpenResponse, choice: JsonObject): boolean {
  const { delta } = choice;
  if (choices.get(indexOf(choice))?.finished !== true || !isObject(delta)) return false;
  return delta.role !== undefined || delta.tool_calls !== undefined || text(delta.content) !== "";
}

function addChoice(response: OpenResponse, choice: JsonObject): void {
  const index = indexOf(choice);
  const known = response.choices.get(index) ?? {
    message: { role: "assistant", content: null },
    calls: new Map<number, JsonObject>(),
    finished: false,
  };
  response.choices.set(index, known);
  if (typeof choice.finish_reason === "string") known.finished = true;
  const { delta } = choice;
  if (!isObject(delta)) return;
  const { message, calls } = known;
  if (typeof delta.content === "string") message.content = text(message.content) + delta.content;
  if (isObject(delta.function_call)) message.function_call = joined(message.function_call, delta.function_call);
  if (!Array.isArray(delta.tool_calls)) return;
  for (const [position, part] of delta.tool_calls.entries()) {
    if (!isObject(part)) continue;
    const at = keyOf(part.index ?? position, calls.size);
    const call = calls.get(at) ?? {};
    calls.set(at, {
      ...call,
      ...(typeof part.id === "string" && part.id !== "" ? { id: part.id } : {}),
      function: joined(call.function, isObject(part.function) ? part.function : {}),
    });
  }
}

/** Of a call in its message. One with an index that no response has is a call of its own, without a part elsewhere. */
function keyOf(index: JsonValue, calls: number): number {
  const key = typeof index === "number" || typeof index === "string" ? Number(index) : Number.NaN;
  return Number.isInteger(key) && key >= 0 ? key : -1 - calls;
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
  return {
    ...first,
    object: "chat.completion",
    choices: [...choices].map(([index, { message, calls }]) => ({
      index,
      message: calls.size === 0 ? message : { ...message, tool_calls: [...calls.values()] },
    })),
  };
}
