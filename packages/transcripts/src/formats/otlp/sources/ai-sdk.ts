import { Names } from "../names.js";
import type { Source } from "./source.js";

const OPERATION = new Names(["ai.operationId"]);

/** The telemetry of the AI SDK of Vercel. */
export const aiSdk: Source = {
  name: "ai-sdk",
  action: (_, attributes) => {
    const operation = attributes.text(OPERATION);
    if (operation === undefined) return undefined;
    if (operation === "ai.toolCall") return "tool_call";
    // The outer span of a generation has the same content again.
    return /\.do(?:Generate|Stream|Embed)$/.test(operation) ? "model_call" : "none";
  },
  fields: {
    tool: ["ai.toolCall.name"],
    callId: ["ai.toolCall.id"],
    arguments: ["ai.toolCall.args"],
    result: ["ai.toolCall.result"],
    model: ["ai.response.model", "ai.model.id"],
    inputTokens: ["ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens"],
    outputTokens: ["ai.usage.outputTokens", "ai.usage.completionTokens"],
    totalTokens: ["ai.usage.totalTokens"],
    cacheReadTokens: ["ai.usage.cachedInputTokens"],
  },
};
