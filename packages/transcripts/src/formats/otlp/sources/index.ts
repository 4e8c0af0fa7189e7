import type { AttributeReader } from "../attributes.js";
import { Names } from "../names.js";
import type { OtlpSpan } from "../records.js";
import { aiSdk } from "./ai-sdk.js";
import { codingAgents } from "./coding-agents.js";
import { genAi, genAiWithoutOperation } from "./gen-ai.js";
import { mcp } from "./mcp.js";
import { openInference } from "./openinference.js";
import { openLlmetry } from "./openllmetry.js";
import type { Source, SourceFields, ToldAction } from "./source.js";

/**
 * In the order in which they are asked: one span may follow several conventions, and those that name what it is for come
 * before those that only say which framework made it.
 */
const SOURCES: readonly Source[] = [mcp, genAi, openInference, aiSdk, openLlmetry, codingAgents, genAiWithoutOperation];

/** Records of no convention. */
export const unknown: Source = { name: "unknown", action: () => undefined, fields: {} };

export { codingAgents, genAi, mcp };

/** What a span tells, and the first source that knows. */
export function actionOf(
  span: OtlpSpan,
  attributes: AttributeReader,
): { readonly source: Source; readonly action: NonNullable<ToldAction> } | undefined {
  for (const source of SOURCES) {
    const action = source.action(span, attributes);
    if (action !== undefined) return { source, action };
  }
  return undefined;
}

/** The names under which a record of a source may say something, those of the source first. */
type SourceNames = Readonly<Record<keyof SourceFields, Names>>;

/** @param source one of those that this module knows */
export function namesOf(source: Source): SourceNames {
  return names.get(source) as SourceNames;
}

const FIELDS: readonly (keyof SourceFields)[] = [
  "tool",
  "callId",
  "arguments",
  "result",
  "model",
  "error",
  "success",
  "decision",
  "decisionSource",
  "rule",
  "content",
  "inputTokens",
  "outputTokens",
  "totalTokens",
  "cacheReadTokens",
  "cacheCreationTokens",
  "costUsd",
  "durationMs",
];
const names = collectNames();

function collectNames(): ReadonlyMap<Source, SourceNames> {
  const all = new Map<Source, SourceNames>();
  let like: SourceNames | undefined;
  for (const source of [...SOURCES, unknown]) {
    const own = Object.fromEntries(FIELDS.map((field) => [field, new Names(listOf(source, field), like?.[field])]));
    like = own as SourceNames;
    all.set(source, like);
  }
  return all;
}

function listOf(source: Source, field: keyof SourceFields): string[] {
  const others = SOURCES.filter((other) => other !== source && other !== codingAgents);
  const list = [source, ...others].flatMap(({ fields }) => fields[field] ?? []);
  if (field === "rule") return ["aasm.rule_id", ...list];
  return field === "error" ? [...list, "error.type"] : list;
}
