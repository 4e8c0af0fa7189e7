import { invalidArgument, StorageError } from "../errors.js";
import { parseExactJson } from "../exact-json/parse.js";
import { type JsonValue, jsonProblem } from "../support/json.js";
import { tooLarge } from "../support/request-limits.js";
import { parseYaml } from "../yaml/parse.js";
import type { YamlMistake } from "../yaml/result.js";
import type { PolicyFormat } from "./record.js";

/**
 * The document that a policy's source holds.
 * @throws `invalid_argument`; the message never quotes the source, which may be confidential
 */
export async function parsePolicyText(text: string, format: PolicyFormat): Promise<JsonValue> {
  const value = format === "json" ? parseJson(text) : await parseYamlSource(text);
  if (value === undefined || value === null) {
    throw invalidArgument("policy.source", "is empty", "Pass a YAML or JSON document.");
  }
  const problem = jsonProblem(value);
  if (problem !== undefined) throw notJson(problem);
  return value as JsonValue;
}

function parseJson(text: string): JsonValue {
  const parsed = parseExactJson(text);
  if ("problem" in parsed) {
    throw atLine(
      text,
      parsed.offset,
      `is no JSON: the text ${parsed.problem}`,
      "Correct it, or save it with the format yaml.",
    );
  }
  const [part] = parsed.inexact;
  if (part === undefined) return parsed.value;
  // What a policy means must not depend on who reads it.
  const { problem, remedy } = INEXACT[part.kind];
  throw atLine(text, part.offset, problem, remedy);
}

const INEXACT = {
  number: { problem: "has a number that a double cannot hold", remedy: "Write it as text, in quotes." },
  duplicate: { problem: "has an object that names a member twice", remedy: "Name it once." },
} as const;

/** Mistakes in YAML that its grammar allows. */
const YAML_MISTAKES: Readonly<Record<string, { readonly problem: string; readonly remedy: string }>> = {
  MERGE_KEY: { problem: "has a merge key (<<), which YAML 1.2 does not have", remedy: "Write the merged members out." },
  INEXACT_NUMBER: INEXACT.number,
  TAG_RESOLVE_FAILED: { problem: "has a tag that means nothing here", remedy: "Write the value without it." },
  KEY_IS_NULL: { problem: "has a key that is null", remedy: "Write the key as text, in quotes." },
  AMBIGUOUS_SCALAR: {
    problem: "has a value that YAML 1.1 and 1.2 read differently, such as yes, off, 010 or 22:00",
    remedy: "Write true or false or a decimal number, or put the value in quotes.",
  },
};

function atLine(text: string, offset: number, problem: string, remedy: string): StorageError {
  return new StorageError({
    code: "invalid_argument",
    option: "policy.source",
    location: { kind: "policy source", line: text.slice(0, offset).split("\n").length },
    message: `{option} ${problem}`,
    remedy,
  });
}

async function parseYamlSource(text: string): Promise<unknown> {
  const result = await parseYaml(text);
  switch (result.kind) {
    case "value":
      // What a policy means must not depend on who reads it.
      if (result.ambiguous !== undefined) throw mistakeError(result.ambiguous);
      return result.value;
    case "too_large":
      throw tooLarge("policy.source", result.problem, "Write it shorter, or as JSON.");
    case "not_json":
      throw notJson(result.problem);
    case "mistake":
      throw mistakeError(result.mistake);
  }
}

function mistakeError({ code, line }: YamlMistake): StorageError {
  const known = YAML_MISTAKES[code];
  return new StorageError({
    code: "invalid_argument",
    option: "policy.source",
    location: { kind: "policy source", line },
    message: known === undefined ? `not valid YAML (${code})` : `{option} ${known.problem}`,
    remedy: known?.remedy,
  });
}

function notJson(problem: string): StorageError {
  return invalidArgument("policy.source", problem, "Use only what JSON can express.");
}
