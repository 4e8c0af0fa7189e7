import { detached } from "../../calls/detached.js";

/** Parts of a name that speak of content: messages, prompts, definitions. */
const CONTENT =
  /(?:^|\.)(?:\w*messages?|prompts?|completions?|content|input|output|value|arguments?|system_instructions|definitions|functions|tools|object|text|toolCalls|embeddings?|documents?|args|result|values|invocation_parameters|headers)(?:\.|$)/;
const NOT_CONTENT = /^(?:gen_ai\.output\.type|error\.message|exception\.message)$/;
const NAMESPACES =
  /^(?:gen_ai|mcp|jsonrpc|llm|openinference|tool|tool_call|traceloop|ai|aasm|agent|graph|error|server|network|rpc|session|conversation|langfuse\.(?:session|user|trace)|event)\./;
/** Names of coding agents, which have no namespace, and others that say who and where. */
const NAMES = new Set([
  "agent_name",
  "app.version",
  "attempt",
  "auth_mode",
  "cost_usd_micros",
  "decision",
  "decision_source",
  "decision_type",
  "duration_ms",
  "effort",
  "endpoint",
  "enduser.id",
  "error_type",
  "file_path",
  "full_command",
  "http.response.status_code",
  "input.mime_type",
  "mcp_server",
  "mcp_server_origin",
  "mcp_server_scope",
  "message.uuid",
  "operation.name",
  "organization.id",
  "originator",
  "output.mime_type",
  "output_truncated",
  "prompt.id",
  "prompt_length",
  "query_source",
  "reasoning_token_count",
  "request_id",
  "resource.name",
  "response_length",
  "slug",
  "source",
  "span.type",
  "speed",
  "status_code",
  "stop_reason",
  "success",
  "terminal.type",
  "tool_input_size_bytes",
  "tool_namespace",
  "tool_parameters",
  "tool_result_seq",
  "tool_result_size_bytes",
  "tool_source",
  "ttft_ms",
  "user.account_id",
  "user.account_uuid",
  "user.id",
]);

/**
 * Whether an attribute that became no member of its own is kept under `attributes`: what describes a call is, and what was
 * said to a model and by it is not, because each request repeats all of it.
 */
export function isKept(name: string): boolean {
  const known = judged.get(name);
  if (known !== undefined) return known;
  const kept = NAMES.has(name) || NOT_CONTENT.test(name) || (NAMESPACES.test(name) && !CONTENT.test(name));
  if (judged.size >= MOST_JUDGED) judged.clear();
  judged.set(detached(name), kept);
  return kept;
}

/** The same few names come with every record. */
const judged = new Map<string, boolean>();
const MOST_JUDGED = 2000;
