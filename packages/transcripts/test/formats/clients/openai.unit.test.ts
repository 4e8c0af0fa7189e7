import { recorded } from "../../support/recorded.js";

recorded(
  "openai/chat-chunks.jsonl",
  { format: "openai-chat", agentId: "model-like-2026-05-01", sessionId: "chat-da0c91a1dd8298c5" },
  [
    ["09:49:20", "observed", "find_order", "call_Hj4Tn6bVxS1q8Dd3Kf2P003", { order: 7 }, {}],
    ["09:49:20", "observed", "list_rules", "call_Hj4Tn6bVxS1q8Dd3Kf2P004", {}, {}],
  ],
);
recorded(
  "openai/chat-run-tools.jsonl",
  { format: "openai-chat", agentId: "agent", sessionId: "conversation-of-the-runner" },
  [
    [
      null,
      "observed",
      "find_order",
      "call_Hj4Tn6bVxS1q8Dd3Kf2P001",
      { order: "7301946528812345677" },
      { result: { paid: 12.5 } },
    ],
    [null, "observed", "list_rules", "call_Hj4Tn6bVxS1q8Dd3Kf2P002", {}, { result: "no refunds after 30 days" }],
  ],
  ["number_as_text at 1 /messages/1/tool_calls/0"],
);
recorded(
  "openai/responses-chain.jsonl",
  { format: "openai-responses", agentId: "model-like", sessionId: "chat-441f277e01d06913" },
  [
    ["09:48:20", "observed", "list_rules", "call_Wq3Zk8sVtY2m9Hc7Lb5R002", {}, { result: "no refunds after 30 days" }],
    [
      "09:48:20",
      "observed",
      "find_order",
      "call_Wq3Zk8sVtY2m9Hc7Lb5R001",
      { order: "7301946528812345677" },
      { result: { paid: 12.5, account: "9007199254740993" } },
    ],
    ["09:48:29", "observed", "ask_support", "call_Wq3Zk8sVtY2m9Hc7Lb5R003", { order: "7301946528812345677" }, {}],
  ],
  [
    "number_as_text at 1 /response/output/1",
    "number_as_text at 2 /request/input/1",
    "number_as_text at 3 /response/output/0",
  ],
);
recorded(
  "openai/responses-events.jsonl",
  { format: "openai-responses", agentId: "model-like-2026-05-01", sessionId: "chat-41f50c62ee304cb5" },
  [
    ["09:48:50", "observed", "find_order", "call_Wq3Zk8sVtY2m9Hc7Lb5R021", { order: 7 }, {}],
    ["09:48:50", "observed", "list_rules", "call_Wq3Zk8sVtY2m9Hc7Lb5R022", {}, {}],
  ],
);
recorded(
  "openai/responses-final.jsonl",
  { format: "openai-responses", agentId: "model-like-2026-05-01", sessionId: "chat-9ae023c6bc4e148f" },
  [["09:49:00", "observed", "find_order", "call_Wq3Zk8sVtY2m9Hc7Lb5R023", { order: 8 }, {}]],
);
recorded(
  "openai/responses-stateless.jsonl",
  { format: "openai-responses", agentId: "model-like", sessionId: "chat-40a464c145e07765" },
  [
    [
      "09:48:31",
      "allow",
      "delete_branch",
      "mcpr_68aa10d10000819000000001",
      { branch: "old" },
      { server: "repo", result: "deleted" },
    ],
    [
      "09:48:32",
      "observed",
      "list_branches",
      "mcp_68aa10d30000819000000002",
      {},
      { server: "repo", result: null, error: "connection lost" },
    ],
    [
      "09:48:32",
      "observed",
      "code_interpreter",
      "ci_68aa10d70000819000000001",
      { code: "1+1", container_id: "cntr_1" },
      { result: [{ type: "logs", logs: "2" }] },
    ],
    ["09:48:32", "observed", "run_sql", "call_Rt5Gh8jKl2zX4cV6bN1m01", "select 1;", { result: "1" }],
    [
      "09:48:32",
      "observed",
      "shell",
      "call_Rt5Gh8jKl2zX4cV6bN1m02",
      { commands: ["git status"], timeout_ms: null, max_output_length: null },
      {
        exitCode: 128,
        result: [{ stdout: "", stderr: "not a repository", outcome: { type: "exit", exit_code: 128 } }],
        error: true,
      },
    ],
    [
      "09:48:32",
      "observed",
      "computer",
      "call_Rt5Gh8jKl2zX4cV6bN1m03",
      { type: "screenshot" },
      { result: { type: "computer_screenshot", image_url: "data:image/png;base64,iVBORw0KGgo=" } },
    ],
    [
      "09:48:31",
      "deny",
      "delete_branch",
      "mcpr_68aa10d10000819000000002",
      { branch: "main" },
      { server: "repo", decisionReason: "not that one", result: "not that one", error: true },
    ],
    [
      "09:48:31",
      "observed",
      "web_search",
      "ws_68aa10d20000819000000001",
      { type: "search", query: "weather Lisbon", queries: ["weather Lisbon"] },
      {},
    ],
  ],
);
