import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { parseExactJson } from "@agent-assembly/storage-core/backend";
import { undecodable } from "../undecodable.js";
import { checkJsonBounds, MAX_JSON_LEVELS } from "./bounds.js";

const UTF_8 = new TextDecoder("utf-8", { fatal: true });

/**
 * The object that a body holds. Integers that no double has are text in it, as OTLP writes them anyway.
 * @throws ProblemError 400
 */
export function parseBody(bytes: Buffer): JsonObject {
  checkJsonBounds(bytes);
  const parsed = parseExactJson(textOf(bytes), MAX_JSON_LEVELS);
  if ("problem" in parsed) throw undecodable(`${parsed.problem}, at character ${parsed.offset + 1}`);
  const duplicate = parsed.inexact.find(({ kind }) => kind === "duplicate");
  if (duplicate !== undefined) throw undecodable("has an object that names a member twice");
  if (!isObject(parsed.value)) throw undecodable("is no export request: an object was expected");
  return parsed.value;
}

function textOf(bytes: Buffer): string {
  try {
    return UTF_8.decode(bytes);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw undecodable("is no text in UTF-8");
  }
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The objects of a list, which may be absent. @throws ProblemError 400 for anything else */
export function objectsOf(list: JsonValue | undefined, name: string): readonly JsonObject[] {
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list) || !list.every(isObject))
    throw undecodable(`has a member ${name} that is no list of objects`);
  return list;
}
