import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { parseExactJson } from "@agent-assembly/storage-core/backend";

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function asText(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A text or number as text: ids are either. */
export function asId(value: JsonValue | undefined): string | undefined {
  return typeof value === "number" ? String(value) : asText(value);
}

/** A value, and which of its parts are kept as text. */
export interface ReadValue {
  readonly value: JsonValue;
  readonly numbersAsText: boolean;
  readonly duplicates: boolean;
}

/** The arguments of a call: none at all, an empty text and null, also as text, mean `{}`; a text that is no JSON stays text. */
export function readArguments(given: JsonValue | undefined): ReadValue {
  if (given === undefined || given === null) return plain({});
  if (typeof given === "string" && /^\s*(?:null\s*)?$/.test(given)) return plain({});
  return typeof given === "string" ? parsed(given) : plain(given);
}

/** What a tool answered. A JSON object or list can be queried by its members; other text stays text. */
export function readResult(content: JsonValue | undefined): ReadValue {
  const value = joined(content);
  return typeof value === "string" && /^\s*[[{]/.test(value) ? parsed(value) : plain(value);
}

/** Content parts that are all text read as that text. */
function joined(content: JsonValue | undefined): JsonValue {
  if (content === undefined) return null;
  if (!Array.isArray(content)) return content;
  const texts = content.map((part) => (isObject(part) && typeof part.text === "string" ? part.text : undefined));
  return texts.length > 0 && texts.every((text) => text !== undefined) ? texts.join("") : content;
}

function parsed(text: string): ReadValue {
  const result = parseExactJson(text);
  // Text that is no JSON, or nested too deep to be stored.
  if ("problem" in result) return plain(text);
  if (result.inexact.length === 0) return plain(result.value);
  return {
    value: result.value,
    numbersAsText: result.inexact.some(({ kind }) => kind === "number"),
    duplicates: result.inexact.some(({ kind }) => kind === "duplicate"),
  };
}

function plain(value: JsonValue): ReadValue {
  return { value, numbersAsText: false, duplicates: false };
}

const CALL_TYPE =
  /^(?:(?:\w+[_-])?(?:tool[_-](?:use|call|result|invocation)|function_call(?:_output)?)|tool-error|dynamic-tool|(?:custom_tool|mcp|computer|web_search|file_search|code_interpreter|image_generation|(?:local_)?shell|apply_patch|tool_search)_call(?:_output)?)$/;

/** Whether something in a value looks like a call or an answer: what is left out must not hold one in silence. */
export function looksLikeCall(value: JsonValue | undefined): boolean {
  if (Array.isArray(value)) return value.some(looksLikeCall);
  if (!isObject(value)) return false;
  if (typeof value.type === "string" && CALL_TYPE.test(value.type)) return true;
  if (typeof value.toolCallId === "string") return true;
  if (Array.isArray(value.tool_calls) && value.tool_calls.length > 0) return true;
  return Object.values(value).some(looksLikeCall);
}
