import type { Source } from "./source.js";

const SPANS: Readonly<Record<string, string>> = {
  "claude_code.tool": "tool_call",
  "claude_code.tool.blocked_on_user": "policy_decision",
  "claude_code.llm_request": "model_call",
  "claude_code.interaction": "none",
  "claude_code.tool.execution": "none",
};

const EVENTS: Readonly<Record<string, string>> = {
  tool_result: "tool_call",
  tool_call: "tool_call",
  tool_decision: "policy_decision",
  user_prompt: "message",
  api_request: "model_call",
  api_error: "model_call",
};

/** The telemetry of Claude Code and Codex: events in log records, and the spans of Claude Code. Their names have no namespace. */
export const codingAgents: Source = {
  name: "coding-agents",
  action: ({ name }) => (Object.hasOwn(SPANS, name) ? SPANS[name] : undefined),
  fields: {
    tool: ["tool_name", "function_name"],
    callId: ["tool_use_id", "call_id"],
    arguments: ["tool_input", "tool_parameters", "arguments", "function_args"],
    result: ["output"],
    model: ["model"],
    error: ["error", "error.message", "error_type"],
    success: ["success"],
    decision: ["decision", "decision_type"],
    decisionSource: ["source", "decision_source"],
    content: ["prompt"],
    inputTokens: ["input_tokens", "input_token_count"],
    outputTokens: ["output_tokens", "output_token_count"],
    cacheReadTokens: ["cache_read_tokens", "cached_token_count"],
    cacheCreationTokens: ["cache_creation_tokens"],
    costUsd: ["cost_usd"],
    durationMs: ["duration_ms"],
  },
};

/** The action of an event such as `claude_code.tool_result`. */
export function actionOfEvent(name: string): string | undefined {
  const [, own = ""] = /^(?:[\w-]+\.)?(\w+)$/.exec(name) ?? [];
  return Object.hasOwn(EVENTS, own) ? EVENTS[own] : undefined;
}
