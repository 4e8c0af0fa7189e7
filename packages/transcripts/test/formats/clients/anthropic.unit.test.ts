import { recorded } from "../../support/recorded.js";

recorded(
  "anthropic/events.jsonl",
  { format: "anthropic", agentId: "claude-like-5", sessionId: "chat-2d3f1a75d904b43e" },
  [
    [null, "observed", "find_order", "toolu_01Vb7NqZk4WmT9xR2Ls6F04", { order: 8, note: "in pieces" }, {}],
    [null, "observed", "list_rules", "toolu_01Vb7NqZk4WmT9xR2Ls6F05", {}, {}],
  ],
);
recorded(
  "anthropic/exchanges.jsonl",
  { format: "anthropic", agentId: "claude-like-5", sessionId: "chat-f7a6476e92cf4a90" },
  [
    [null, "observed", "find_order", "toolu_01Vb7NqZk4WmT9xR2Ls6F01", { order: 7 }, { result: { paid: 12.5 } }],
    [null, "observed", "list_rules", "toolu_01Vb7NqZk4WmT9xR2Ls6F02", {}, { result: "rules are closed", error: true }],
    [
      null,
      "observed",
      "ask_support",
      "toolu_01Vb7NqZk4WmT9xR2Ls6F03",
      { order: 7, note: "a long note, in pieces" },
      {},
    ],
  ],
);
recorded("anthropic/messages.jsonl", { format: "anthropic", agentId: "agent", sessionId: "conversation-of-claude" }, [
  [null, "observed", "find_order", "toolu_01Vb7NqZk4WmT9xR2Ls6F01", { order: 7 }, { result: { paid: 12.5 } }],
  [null, "observed", "list_rules", "toolu_01Vb7NqZk4WmT9xR2Ls6F02", {}, { result: "rules are closed", error: true }],
  [null, "observed", "ask_support", "toolu_01Vb7NqZk4WmT9xR2Ls6F03", { order: 7, note: "a long note, in pieces" }, {}],
]);
