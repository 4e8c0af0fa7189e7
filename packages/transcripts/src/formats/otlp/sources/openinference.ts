import { Names } from "../names.js";
import type { Source } from "./source.js";

const ACTIONS: Readonly<Record<string, string>> = {
  TOOL: "tool_call",
  LLM: "model_call",
  EMBEDDING: "model_call",
  AGENT: "invoke_agent",
  GUARDRAIL: "policy_decision",
  RETRIEVER: "retrieval",
};

const KIND = new Names(["openinference.span.kind"]);

/** OpenInference, the conventions of Arize Phoenix. */
export const openInference: Source = {
  name: "openinference",
  action: (_, attributes) => {
    const kind = attributes.text(KIND)?.toUpperCase();
    if (kind === undefined) return undefined;
    return Object.hasOwn(ACTIONS, kind) ? ACTIONS[kind] : "none";
  },
  fields: {
    tool: ["tool.name", "tool_call.function.name"],
    callId: ["tool_call.id", "tool.id"],
    arguments: ["tool_call.function.arguments", "input.value"],
    result: ["output.value"],
    model: ["llm.model_name", "embedding.model_name"],
    inputTokens: ["llm.token_count.prompt"],
    outputTokens: ["llm.token_count.completion"],
    totalTokens: ["llm.token_count.total"],
    cacheReadTokens: ["llm.token_count.prompt_details.cache_read"],
    cacheCreationTokens: ["llm.token_count.prompt_details.cache_write"],
    costUsd: ["llm.cost.total"],
  },
};
