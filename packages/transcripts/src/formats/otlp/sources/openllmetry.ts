import { Names } from "../names.js";
import type { Source } from "./source.js";

const ACTIONS: Readonly<Record<string, string>> = {
  tool: "tool_call",
  agent: "invoke_agent",
  workflow: "invoke_workflow",
};
const MODEL_REQUESTS = ["chat", "completion", "embedding"];

const KIND = new Names(["traceloop.span.kind"]);
const REQUEST = new Names(["llm.request.type"]);

/** OpenLLMetry, the instrumentations of Traceloop. */
export const openLlmetry: Source = {
  name: "openllmetry",
  action: (_, attributes) => {
    const kind = attributes.text(KIND)?.toLowerCase();
    const request = attributes.text(REQUEST);
    if (kind !== undefined) return Object.hasOwn(ACTIONS, kind) ? ACTIONS[kind] : "none";
    if (request === undefined) return undefined;
    return MODEL_REQUESTS.includes(request) ? "model_call" : request;
  },
  fields: {
    tool: ["traceloop.entity.name"],
    arguments: ["traceloop.entity.input"],
    result: ["traceloop.entity.output"],
    model: ["llm.response.model", "llm.request.model"],
    inputTokens: ["llm.usage.prompt_tokens"],
    outputTokens: ["llm.usage.completion_tokens"],
    totalTokens: ["llm.usage.total_tokens"],
    cacheReadTokens: ["llm.usage.cache_read_input_tokens"],
    cacheCreationTokens: ["llm.usage.cache_creation_input_tokens"],
  },
};
