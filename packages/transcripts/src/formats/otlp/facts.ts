import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { parseExactJson } from "@agent-assembly/storage-core/backend";
import type { ReadValue } from "../../calls/values.js";
import { readArguments, readResult } from "../../calls/values.js";
import { AskedCalls } from "./asked-calls.js";
import type { AttributeReader } from "./attributes.js";
import { type MappingProblem, warning } from "./mapped.js";
import { Names } from "./names.js";
import { codingAgents, mcp, namesOf } from "./sources/index.js";
import type { Source } from "./sources/source.js";

/** What the attributes of a record say, under whichever names. */
export interface Facts {
  readonly tool: string | undefined;
  /** Members of the payload. */
  readonly members: JsonObject;
  readonly answered: boolean;
  readonly asked: readonly string[];
  readonly decision: string | undefined;
  readonly failed: boolean;
  /** What went wrong, in words. */
  readonly error: string | undefined;
  readonly rule: string | undefined;
  readonly problems: readonly MappingProblem[];
}

const DECISION = new Names(["aasm.decision"]);
const TOKENS = [
  ["input", "inputTokens"],
  ["output", "outputTokens"],
  ["total", "totalTokens"],
  ["cacheRead", "cacheReadTokens"],
  ["cacheCreation", "cacheCreationTokens"],
  ["costUsd", "costUsd"],
] as const;

/** What is read for facts. */
export interface Reading {
  readonly source: Source;
  readonly action: string;
  readonly attributes: AttributeReader;
  /** Of a message, where that is not among the attributes. */
  readonly body?: JsonValue | undefined;
  /** What is around the attributes says that it did not succeed. */
  readonly failed: boolean;
}

/** Reads what a record says. */
export function readFacts({ source, action, attributes, body, failed: known }: Reading): Facts {
  const names = namesOf(source);
  const problems: MappingProblem[] = [];
  const members: JsonObject = {};
  const isCall = action === "tool_call" || source === mcp;
  const aboutCall = isCall || action === "policy_decision";

  const tool = aboutCall ? attributes.text(names.tool) : undefined;
  // Many instrumentations leave the content out: no arguments were recorded, which is not the same as none.
  const isAboutArguments = isCall || (aboutCall && source === codingAgents);
  const args = isAboutArguments ? attributes.take(names.arguments) : undefined;
  if (args !== undefined) members.arguments = noted("arguments", readArguments(args), problems);
  const result = isCall ? unquoted(names.result, attributes) : undefined;
  if (result !== undefined) members.result = noted("the result", readResult(result), problems);
  const callId = aboutCall ? attributes.id(names.callId) : undefined;
  if (callId !== undefined) members.toolCallId = callId;
  const model = attributes.text(names.model);
  if (model !== undefined) members.model = model;

  const asked = action === "model_call" || action === "message" ? new AskedCalls() : undefined;
  asked?.addOutput(attributes);
  if (action === "message") {
    asked?.addMessages(body);
    const content = body ?? attributes.take(names.content);
    if (content !== undefined) members.content = content;
  }
  if (asked !== undefined) {
    if (asked.list.length > 0) members.toolCalls = asked.list as unknown as JsonValue;
    noted("payload.toolCalls", { value: null, ...flagsOf(asked) }, problems);
  }

  let usage: JsonObject | undefined;
  for (const [member, field] of TOKENS) {
    const value = attributes.take(names[field]);
    if (value === undefined) continue;
    usage ??= {};
    usage[member] = toNumber(value);
  }
  if (usage !== undefined) members.usage = usage;
  const duration = attributes.take(names.durationMs);
  if (duration !== undefined) members.durationMs = toNumber(duration);

  const decision = readDecision(attributes, names.decision);
  const decisionSource = decision === undefined ? undefined : attributes.text(names.decisionSource);
  if (decisionSource !== undefined) members.decisionSource = decisionSource;
  const failed = attributes.flag(names.success) === false || known || attributes.has("error.type");
  return {
    tool,
    members,
    answered: result !== undefined,
    asked: asked?.ids ?? [],
    decision,
    failed,
    error: failed ? attributes.text(names.error) : undefined,
    rule: attributes.id(names.rule),
    problems,
  };
}

/** Of these attributes the value is always JSON: a text is in quotes. */
const JSON_RESULTS = ["gen_ai.tool.call.result", "traceloop.entity.output", "ai.toolCall.result", "mcp.response.value"];

function unquoted(names: Names, attributes: AttributeReader): JsonValue | undefined {
  const name = attributes.nameOf(names);
  const value = attributes.take(names);
  if (name === undefined || typeof value !== "string" || !JSON_RESULTS.includes(name) || !/^".*"$/s.test(value))
    return value;
  const parsed = parseExactJson(value);
  return "value" in parsed && typeof parsed.value === "string" ? parsed.value : value;
}

/** What the source decided. A word that says neither stays an attribute. */
function readDecision(attributes: AttributeReader, names: Names): string | undefined {
  const given = attributes.text(DECISION);
  if (given !== undefined) return given;
  const name = attributes.nameOf(names);
  const word = name === undefined ? undefined : attributes.peek(name);
  if (name === undefined || typeof word !== "string") return undefined;
  const decision = decisionOf(word);
  if (decision !== undefined) attributes.takeOne(name);
  return decision;
}

function decisionOf(word: string): string | undefined {
  if (/^(?:accept|approve|allow)/i.test(word)) return "allow";
  return /^(?:reject|den(?:y|ied)|abort|block|timed_?out)/i.test(word) ? "deny" : undefined;
}

/** Exporters of some languages make text of numbers. */
function toNumber(value: JsonValue): JsonValue {
  if (typeof value !== "string") return value;
  const number = Number(value);
  return String(number) === value && Number.isFinite(number) ? number : value;
}

function flagsOf({ numbersAsText, duplicates }: AskedCalls): { numbersAsText: boolean; duplicates: boolean } {
  return { numbersAsText, duplicates };
}

function noted(what: string, { value, numbersAsText, duplicates }: ReadValue, problems: MappingProblem[]): JsonValue {
  if (numbersAsText) {
    problems.push(
      warning("number_as_text", `${what}: a number has more digits than a double holds; it is stored as text`),
    );
  }
  if (duplicates) {
    problems.push(warning("duplicate_member", `${what}: an object names a member twice; it is stored as text`));
  }
  return value;
}
