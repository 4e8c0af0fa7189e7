import { Names } from "../names.js";
import type { Source } from "./source.js";

const ACTIONS: Readonly<Record<string, string>> = {
  execute_tool: "tool_call",
  chat: "model_call",
  generate_content: "model_call",
  text_completion: "model_call",
  embeddings: "model_call",
  create_agent: "agent_lifecycle",
  run_guardrail: "policy_decision",
  apply_guardrail: "policy_decision",
};

const OPERATION = new Names(["gen_ai.operation.name"]);

/** The semantic conventions of OpenTelemetry for generative AI, with the names that earlier versions had. */
export const genAi: Source = {
  name: "gen-ai",
  action: (_, attributes) => {
    const operation = attributes.text(OPERATION);
    if (operation === undefined) return undefined;
    return Object.hasOwn(ACTIONS, operation) ? ACTIONS[operation] : operation;
  },
  fields: {
    tool: ["gen_ai.tool.name"],
    callId: ["gen_ai.tool.call.id", "gen_ai.guardrail.target.id"],
    arguments: ["gen_ai.tool.call.arguments", "gen_ai.tool.arguments", "tool_arguments"],
    result: ["gen_ai.tool.call.result", "gen_ai.tool.result", "tool_response"],
    model: ["gen_ai.response.model", "gen_ai.request.model"],
    error: ["exception.message", "error.message"],
    rule: [
      "gen_ai.guardrail.policy.id",
      "gen_ai.guardrail.security.policy.rule.id",
      "gen_ai.guardrail.security.policy.id",
    ],
    // What was done counts, not what was found: an instrumentation need not act on a verdict.
    decision: ["gen_ai.guardrail.action.type", "gen_ai.guardrail.action", "gen_ai.guardrail.verdict.type"],
    inputTokens: ["gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"],
    outputTokens: ["gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"],
    totalTokens: ["gen_ai.usage.total_tokens"],
    cacheReadTokens: ["gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens"],
    cacheCreationTokens: ["gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_creation_input_tokens"],
  },
};

/** Instrumentations that are older than the name of the operation, or leave it out. */
export const genAiWithoutOperation: Source = {
  name: "gen-ai",
  action: (_, attributes) => {
    if (attributes.has("gen_ai.tool.name") || attributes.has("gen_ai.tool.call.id")) return "tool_call";
    return attributes.has("gen_ai.request.model") ? "model_call" : undefined;
  },
  fields: {},
};
