import { aiSdk } from "./ai-sdk.js";
import { codingAgents } from "./coding-agents.js";
import { genAi, genAiWithoutOperation } from "./gen-ai.js";
import { mcp } from "./mcp.js";
import { openInference } from "./openinference.js";
import { openLlmetry } from "./openllmetry.js";
import type { Source, SourceFields } from "./source.js";

/**
 * In the order in which they are asked: one span may follow several conventions, and those that name what it is for come
 * before those that only say which framework made it.
 */
export const SOURCES: readonly Source[] = [
  mcp,
  genAi,
  openInference,
  aiSdk,
  openLlmetry,
  codingAgents,
  genAiWithoutOperation,
];

/** Records of no convention. */
export const unknown: Source = { name: "unknown", action: () => undefined, fields: {} };

export { codingAgents, genAi, mcp };

const names = new Map<Source, Map<keyof SourceFields, readonly string[]>>();

/** The names under which a record of a source may say something, those of the source first. */
export function namesOf(source: Source, field: keyof SourceFields): readonly string[] {
  const known = names.get(source) ?? new Map<keyof SourceFields, readonly string[]>();
  const list = known.get(field) ?? collectNames(source, field);
  names.set(source, known.set(field, list));
  return list;
}

function collectNames(source: Source, field: keyof SourceFields): readonly string[] {
  const others = SOURCES.filter((other) => other !== source && other !== codingAgents);
  return [source, ...others].flatMap(({ fields }) => fields[field] ?? []);
}
