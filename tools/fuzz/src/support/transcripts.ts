import type { TranscriptFormat } from "@agent-assembly/transcripts";

const TS = "2026-02-27T09:00:00.000Z";
/** An event as a store exports it. */
export const EVENT = {
  ts: TS,
  eventId: "00000000-0000-4000-8000-000000000001",
  agentId: "agent-1",
  action: "tool_call",
  decision: "allow",
  payload: { tool: "search", n: [1, null], arguments: { q: "needle" } },
};
const OPENAI = { id: "call_0001", type: "function", function: { name: "search", arguments: '{"q":"needle","n":1.5}' } };
const item = (type: string, payload: object): object => ({ timestamp: TS, type, payload });
const entry = (role: string, block: object): object => ({
  type: role,
  uuid: `uuid-${role}`,
  sessionId: "019a0c5e-1c80-7abc-8def-000000000001",
  timestamp: TS,
  message: { role, model: "model-1", content: [block] },
});
const attributes = (members: Readonly<Record<string, string>>): object[] =>
  Object.entries(members).map(([key, stringValue]) => ({ key, value: { stringValue } }));
const resource = { attributes: attributes({ "service.name": "shop" }) };

const TOOL = {
  "gen_ai.operation.name": "execute_tool",
  "gen_ai.tool.name": "search",
  "gen_ai.tool.call.id": "call_0001",
  "gen_ai.tool.call.arguments": '{"q":"needle"}',
  "gen_ai.tool.call.result": "found",
};
const SPAN = {
  traceId: "5b8efff798038103d269b633813fc60c",
  spanId: "eee19b7ec3c1b174",
  name: "execute_tool search",
  kind: 1,
  startTimeUnixNano: "1772200000000000001",
  endTimeUnixNano: "1772200000002500000",
  attributes: [...attributes(TOOL), { key: "gen_ai.usage.input_tokens", value: { intValue: "12" } }],
  status: { code: 2, message: "it failed" },
};
const DECISION = { tool_name: "Bash", decision: "reject", source: "user_reject", tool_use_id: "toolu_01" };
const RECORD = {
  timeUnixNano: "1772200000000000001",
  body: { stringValue: "claude_code.tool_decision" },
  attributes: attributes(DECISION),
};
const LOGS = { resourceLogs: [{ resource, scopeLogs: [{ logRecords: [RECORD] }] }] };

/** The documents of a source of each format; lines where there are several. A new format is tried with its line here. */
export const SAMPLES: Readonly<Record<Exclude<TranscriptFormat, "csv">, readonly (readonly object[])[]>> = {
  jsonl: [[EVENT, { ...EVENT, eventId: "00000000-0000-4000-8000-000000000002" }]],
  "openai-chat": [
    [
      {
        model: "model-1",
        created: 1_700_000_000,
        messages: [
          { role: "user", content: "hello" },
          { role: "assistant", content: null, tool_calls: [OPENAI] },
          { role: "tool", tool_call_id: "call_0001", content: [{ type: "text", text: '{"found":12.25}' }] },
          { role: "assistant", function_call: { name: "legacy", arguments: "{}" } },
          { role: "function", name: "legacy", content: "old answer" },
        ],
      },
    ],
    [
      {
        id: "c",
        object: "chat.completion.chunk",
        choices: [{ index: 0, delta: { role: "assistant", tool_calls: [{ ...OPENAI, index: 0 }] } }],
      },
      {
        id: "c",
        object: "chat.completion.chunk",
        choices: [{ index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: " " } }] } }],
      },
    ],
    [
      { role: "user", content: "hello", session_id: "session-0001" },
      { role: "assistant", session_id: "session-0001", tool_calls: [OPENAI] },
      { role: "tool", session_id: "session-0001", tool_call_id: "call_0001", content: "found" },
    ],
  ],
  "openai-responses": [
    [
      {
        request: { model: "model-1", input: "hello", previous_response_id: "resp_0" },
        response: {
          id: "resp_1",
          object: "response",
          created_at: 1_700_000_000,
          output: [
            { type: "reasoning", id: "rs_1", summary: [] },
            { type: "function_call", id: "fc_1", call_id: "call_0001", name: "search", arguments: '{"q":"needle"}' },
            { type: "function_call_output", call_id: "call_0001", output: "found" },
            { type: "mcp_approval_request", id: "mcpr_1", name: "drop", server_label: "db", arguments: "{}" },
            { type: "mcp_approval_response", approval_request_id: "mcpr_1", approve: false, reason: "Not that." },
            { type: "shell_call", call_id: "call_0002", action: { commands: ["ls"] } },
            { type: "shell_call_output", call_id: "call_0002", output: [{ stdout: "", outcome: { exit_code: 1 } }] },
          ],
        },
      },
    ],
    [
      { type: "response.created", sequence_number: 0, response: { id: "resp_1", created_at: 1_700_000_000 } },
      { type: "response.output_item.added", item: { type: "function_call", id: "fc_1", call_id: "c1", name: "f" } },
      { type: "response.output_item.done", item: { type: "function_call", id: "fc_1", call_id: "c1", name: "f" } },
      { type: "response.completed", response: { id: "resp_1", output: [] } },
    ],
    [
      { type: "function_call", call_id: "call_0001", name: "search", arguments: "{}", session_id: "session-0001" },
      { type: "function_call_output", call_id: "call_0001", output: "found", session_id: "session-0001" },
    ],
  ],
  "ai-sdk": [
    [
      {
        id: "chat-1",
        messages: [
          { role: "user", content: "hello" },
          {
            role: "assistant",
            content: [
              { type: "tool-call", toolCallId: "call_0001", toolName: "search", input: { q: "needle" } },
              { type: "tool-approval-request", approvalId: "approval-1", toolCallId: "call_0001" },
            ],
          },
          {
            role: "tool",
            content: [
              { type: "tool-approval-response", approvalId: "approval-1", approved: true },
              {
                type: "tool-result",
                toolCallId: "call_0001",
                toolName: "search",
                output: { type: "json", value: [12.25] },
              },
            ],
          },
        ],
      },
    ],
    [
      {
        id: "message-1",
        role: "assistant",
        parts: [
          { type: "tool-search", toolCallId: "call_0001", state: "output-error", input: {}, errorText: "it failed" },
          {
            type: "dynamic-tool",
            toolName: "drop",
            toolCallId: "call_0002",
            state: "output-denied",
            approval: { approved: false },
          },
        ],
      },
    ],
    [
      { type: "start", messageId: "message-1" },
      { type: "tool-input-available", toolCallId: "call_0001", toolName: "search", input: {} },
      { type: "tool-output-available", toolCallId: "call_0001", output: 1 },
      { type: "finish" },
    ],
  ],
  anthropic: [
    [
      {
        model: "model-1",
        messages: [
          {
            role: "assistant",
            content: [{ type: "tool_use", id: "toolu_01", name: "search", input: { q: "needle" } }],
          },
          {
            role: "user",
            content: [{ type: "tool_result", tool_use_id: "toolu_01", content: "found", is_error: true }],
          },
        ],
      },
    ],
  ],
  langchain: [
    [
      [
        { type: "ai", content: "", tool_calls: [{ id: "call_0001", name: "search", args: { q: "needle" } }] },
        { type: "tool", tool_call_id: "call_0001", content: "found", status: "error" },
        {
          lc: 1,
          type: "constructor",
          id: ["langchain", "AIMessage"],
          kwargs: { content: "", tool_calls: [{ id: "2", name: "f", args: {} }] },
        },
      ],
    ],
  ],
  "claude-code": [
    [
      entry("assistant", { type: "tool_use", id: "toolu_01", name: "Bash", input: { command: "ls" } }),
      entry("user", { type: "tool_result", tool_use_id: "toolu_01", content: "a.txt", is_error: false }),
    ],
  ],
  codex: [
    [
      item("session_meta", { id: "019a0c5e-1c80-7abc-8def-000000000001", timestamp: TS, cwd: "/app", source: "cli" }),
      item("turn_context", { model: "model-1", cwd: "/app" }),
      item("response_item", { type: "function_call", name: "shell", arguments: '{"cmd":"ls"}', call_id: "call_0001" }),
      item("event_msg", { type: "exec_command_end", call_id: "call_0001", exit_code: 3, stdout: "out", stderr: "err" }),
      item("response_item", { type: "function_call_output", call_id: "call_0001", output: "Exit code: 3\nout" }),
      item("compacted", {
        replacement_history: [{ type: "function_call", name: "old", arguments: "{}", call_id: "call_0002" }],
      }),
    ],
  ],
  inspect: [
    [
      {
        version: 2,
        eval: { task: "task-1", model: "model-1", dataset: {}, eval_id: "eval-1" },
        samples: [
          {
            id: 1,
            epoch: 1,
            uuid: "sample-uuid-0000000001",
            messages: [
              {
                role: "assistant",
                content: "",
                tool_calls: [{ id: "call_0001", function: "bash", arguments: { cmd: "ls" } }],
              },
            ],
            events: [
              {
                event: "approval",
                timestamp: TS,
                call: { id: "call_0001", function: "bash", arguments: {} },
                approver: "person",
                decision: "reject",
                explanation: "Not that.",
              },
              {
                event: "tool",
                timestamp: TS,
                id: "call_0001",
                function: "bash",
                arguments: { cmd: "ls" },
                result: "attachment://one",
                error: { type: "timeout", message: "too late" },
              },
            ],
            attachments: { one: "a.txt" },
          },
        ],
      },
    ],
  ],
  "swe-agent": [
    [
      {
        trajectory: [{ action: "find_file a.py", observation: "Found 1 matches", response: "Next.", thought: "Next." }],
        history: [
          { role: "user", content: "go", agent: "main", message_type: "observation" },
          { role: "assistant", content: "", agent: "main", message_type: "action", action: "find_file a.py" },
          { role: "user", content: "Found 1 matches", agent: "main", message_type: "observation" },
        ],
        info: {},
        replay_config: JSON.stringify({ agent: { model: { name: "model-1" } }, problem_statement: { id: "issue-1" } }),
        environment: "env-1",
      },
    ],
  ],
  "otlp-json": [[{ resourceSpans: [{ resource, scopeSpans: [{ scope: { name: "scope-1" }, spans: [SPAN] }] }] }, LOGS]],
};

/** The same event as a table, and one whose header is named like a prototype. */
export const TABLES: readonly string[] = [
  `ts,eventId,agentId,action,decision,payload\n${TS},${EVENT.eventId},agent-1,tool_call,allow,"{""tool"":""search"",""n"":12.5}"\n`,
  `ts,agentId,action,decision,__proto__\n${TS},agent-1,tool_call,allow,x\n`,
];
