import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { parseExactJson } from "@agent-assembly/storage-core/backend";
import { asId, asText, isObject, readArguments } from "../../calls/values.js";
import type { AttributeReader } from "./attributes.js";

/** A call that a model asked for. That it was made is another record. */
export interface AskedCall {
  readonly id?: string;
  readonly tool?: string;
  readonly arguments?: JsonValue;
}

/** Attributes with one part of a call each, as OpenLLMetry and OpenInference have them. */
const FLAT: readonly RegExp[] = [
  /^gen_ai\.completion\.(?<message>\d+)\.tool_calls\.(?<call>\d+)\.(?<part>id|name|arguments)$/,
  /^gen_ai\.completion\.(?<message>\d+)\.function_call\.(?<part>name|arguments)$/,
  /^llm\.output_messages\.(?<message>\d+)\.message\.tool_calls\.(?<call>\d+)\.tool_call\.(?:function\.)?(?<part>id|name|arguments)$/,
  /^llm\.output_messages\.(?<message>\d+)\.message\.function_call_(?<part>name|arguments_json)$/,
];
const LISTS = ["ai.response.toolCalls", "ai.result.toolCalls"];
const MESSAGES = "gen_ai.output.messages";

/** The calls that a record tells of, and whether a part of them is kept as text. */
export class AskedCalls {
  readonly #calls: AskedCall[] = [];
  readonly #ids = new Set<string>();
  numbersAsText = false;
  duplicates = false;

  get list(): readonly AskedCall[] {
    return this.#calls;
  }

  get ids(): readonly string[] {
    return [...this.#ids];
  }

  /** The calls that the output of a model asks for. What holds nothing else is taken. */
  addOutput(attributes: AttributeReader): void {
    this.addMessages(attributes.peek(MESSAGES));
    for (const parts of flatCalls(attributes)) this.#add(parts.id, parts.name, parts.arguments);
    for (const name of LISTS) this.addMessages(attributes.takeOne(name));
  }

  /** The calls in a message or a list of them, or in a list of calls, in the order in which they are there. */
  addMessages(given: JsonValue | undefined): void {
    const value = this.#parse(given);
    if (Array.isArray(value)) for (const inner of value) this.addMessages(inner);
    if (!isObject(value)) return;
    const { type } = value;
    if (isObject(value.function)) this.#add(value.id, value.function.name, value.function.arguments);
    else if (
      type === "tool_call" ||
      type === "tool_use" ||
      type === "tool-call" ||
      (type === undefined && "toolName" in value)
    ) {
      const args = value.arguments ?? value.input ?? value.args;
      this.#add(value.id ?? value.toolCallId, value.name ?? value.toolName, args);
    } else {
      if (isObject(value.function_call)) this.#add(undefined, value.function_call.name, value.function_call.arguments);
      for (const inner of [value.message, value.parts, value.tool_calls, value.content]) this.addMessages(inner);
    }
  }

  /** One instrumentation may write a call under the names of two conventions. */
  #add(id: JsonValue | undefined, tool: JsonValue | undefined, given: JsonValue | undefined): void {
    const [callId, name] = [asId(id), asText(tool)];
    if (callId === undefined ? name === undefined : this.#ids.has(callId)) return;
    if (callId !== undefined) this.#ids.add(callId);
    const args = given === undefined || given === null ? undefined : readArguments(given);
    this.numbersAsText ||= args?.numbersAsText === true;
    this.duplicates ||= args?.duplicates === true;
    this.#calls.push({
      ...(callId === undefined ? {} : { id: callId }),
      ...(name === undefined ? {} : { tool: name }),
      ...(args === undefined ? {} : { arguments: args.value }),
    });
  }

  #parse(value: JsonValue | undefined): JsonValue | undefined {
    if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
    const parsed = parseExactJson(value);
    if ("problem" in parsed) return undefined;
    this.numbersAsText ||= parsed.inexact.some(({ kind }) => kind === "number");
    return parsed.value;
  }
}

interface FlatCall {
  readonly id?: JsonValue;
  readonly name?: JsonValue;
  readonly arguments?: JsonValue;
}

function flatCalls(attributes: AttributeReader): FlatCall[] {
  const found = new Map<string, FlatCall>();
  for (const name of attributes.names) {
    for (const pattern of FLAT) {
      const { message, call = "", part = "" } = pattern.exec(name)?.groups ?? {};
      const value = message === undefined ? undefined : attributes.takeOne(name);
      if (value === undefined) continue;
      const key = `${message} ${call}`;
      found.set(key, { ...found.get(key), [part.replace("_json", "")]: value });
    }
  }
  return [...found.values()];
}

const ID_NAME = /(?:^|[._])(?:tool_call_id|tool_call\.id|toolCallId|tool_use_id|tool_calls\.\d+\.id)$/;
const PART_TYPE = /^(?:tool[_-](?:call|use|result)(?:_response)?|function_call(?:_output)?)$/;

/** The ids of calls that content speaks of: the history that was sent to a model, mostly. */
export function callIdsIn(name: string, value: JsonValue): string[] {
  if (ID_NAME.test(name)) return idsOf([value]);
  const isJson = typeof value === "string" && /^\s*[[{]/.test(value);
  const parsed = isJson ? parseExactJson(value) : { value };
  const inner = "value" in parsed ? parsed.value : null;
  return typeof inner === "object" && inner !== null ? idsWithin(inner) : [];
}

function idsWithin(value: JsonValue | undefined): string[] {
  if (Array.isArray(value)) return value.flatMap(idsWithin);
  if (!isObject(value)) return [];
  const own = idsOf([value.tool_call_id, value.toolCallId, value.tool_use_id]);
  const isPart = typeof value.type === "string" && PART_TYPE.test(value.type);
  const part = isPart ? idsOf([value.call_id ?? value.id]) : [];
  const calls = Array.isArray(value.tool_calls) ? idsOf(value.tool_calls.map(idOf)) : [];
  return [...own, ...part, ...calls, ...Object.values(value).flatMap(idsWithin)];
}

function idOf(call: JsonValue): JsonValue | undefined {
  return isObject(call) ? (call as JsonObject).id : undefined;
}

function idsOf(values: readonly (JsonValue | undefined)[]): string[] {
  return values.flatMap((value) => asId(value) ?? []);
}
