import type { AttributeReader } from "../attributes.js";
import type { OtlpSpan } from "../records.js";
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
  assistant_response: "message",
  api_request: "model_call",
  api_error: "model_call",
};

/** The telemetry of Claude Code and Codex: events in log records, and the spans of Claude Code. Their names have no namespace. */
export const codingAgents: Source = {
  name: "coding-agents",
  action({ name }, attributes) {
    if (!Object.hasOwn(SPANS, name)) return undefined;
    // The span is there for each call, also where no answer was waited for.
    const isUndecided = SPANS[name] === "policy_decision" && attributes.peek("decision") === "unknown";
    return isUndecided ? "none" : SPANS[name];
  },
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
    content: ["prompt", "response"],
    inputTokens: ["input_tokens", "input_token_count"],
    outputTokens: ["output_tokens", "output_token_count"],
    cacheReadTokens: ["cache_read_tokens", "cached_token_count"],
    // So named by Codex, and the sum of what went in and what came out.
    totalTokens: ["tool_token_count"],
    cacheCreationTokens: ["cache_creation_tokens", "cache_write_token_count"],
    costUsd: ["cost_usd"],
    durationMs: ["duration_ms"],
  },
};

/** What became of a call, of which its own span says nothing. */
export type CallOutcome = { readonly decision: "deny" } | { readonly failed: true; readonly error: string | undefined };

/** What a span of Claude Code tells of the call that it is within: that it was not allowed, or that it failed. */
export function outcomeOfCall({ name, attributes, failed, message }: OtlpSpan): CallOutcome | undefined {
  if (name === "claude_code.tool.blocked_on_user") {
    return attributes.get("decision") === "reject" ? { decision: "deny" } : undefined;
  }
  return name === "claude_code.tool.execution" && failed ? { failed, error: message } : undefined;
}

/** Of an event such as `claude_code.tool_result`, what it tells. */
export function toldBy(
  name: string,
  attributes: AttributeReader,
): { readonly action: string; readonly role: "user" | "assistant"; readonly failed: boolean } | undefined {
  const [, own = ""] = /^(?:[\w-]+\.)?(\w+)$/.exec(name) ?? [];
  const hasError = attributes.has("error.message");
  // Of the many parts of a stream, the one that counts what was used, and one that failed.
  const isStream = own === "sse_event" && (hasError || attributes.has("input_token_count"));
  const action = isStream ? "model_call" : Object.hasOwn(EVENTS, own) ? EVENTS[own] : undefined;
  if (action === undefined) return undefined;
  return {
    action,
    role: own === "assistant_response" ? "assistant" : "user",
    failed: own === "api_error" || (action === "model_call" && hasError),
  };
}
