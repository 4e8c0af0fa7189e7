import { invalidArgument, StorageError } from "../errors.js";
import { type JsonValue, jsonProblem } from "../support/json.js";
import { parseYaml } from "../yaml/parse.js";
import type { PolicyFormat } from "./record.js";

/**
 * The document that a policy's source holds.
 * @throws `invalid_argument`; the message never quotes the source, which may be confidential
 */
export async function parsePolicyText(text: string, format: PolicyFormat): Promise<JsonValue> {
  const value = format === "json" ? parseJson(text) : await parseDocument(text);
  if (value === undefined || value === null) {
    throw invalidArgument("policy.source", "is empty", "Pass a YAML or JSON document.");
  }
  const problem = jsonProblem(value);
  if (problem !== undefined) throw invalidArgument("policy.source", problem, "Use only what JSON can express.");
  return value as JsonValue;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // V8's message quotes the text, which may be confidential.
    if (!(cause instanceof SyntaxError)) throw cause;
    throw invalidArgument("policy.source", "is not valid JSON", "Correct it, or save it with the format yaml.");
  }
}

async function parseDocument(text: string): Promise<unknown> {
  const document = await parseYaml(text);
  const [error] = document.errors;
  if (error !== undefined) {
    const line = text.slice(0, error.pos[0]).split("\n").length;
    throw new StorageError({
      code: "invalid_argument",
      option: "policy.source",
      location: { kind: "policy source", line },
      message: `not valid YAML (${error.code})`,
    });
  }
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    if (!(cause instanceof ReferenceError)) throw cause;
    throw invalidArgument("policy.source", "expands to too many YAML aliases", "Write the repeated parts out.");
  }
}
