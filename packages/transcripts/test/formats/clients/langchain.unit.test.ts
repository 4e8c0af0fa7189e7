import { expect } from "vitest";
import { recorded } from "../../support/recorded.js";

recorded(
  "langchain/chunk.jsonl",
  { format: "langchain", agentId: "model-like-2026-05-01", sessionId: "chat-d88e29638ae6b2b5" },
  [[null, "observed", "find_order", "call_Hj4Tn6bVxS1q8Dd3Kf2P014", { order: 8 }, {}]],
);
recorded(
  "langchain/json.jsonl",
  { format: "langchain", agentId: "model-like-2026-05-01", sessionId: "chat-bf4da777de44c7bb" },
  [
    [null, "observed", "find_order", "call_Hj4Tn6bVxS1q8Dd3Kf2P011", { order: 7 }, { result: { paid: 12.5 } }],
    [null, "observed", "list_rules", "call_Hj4Tn6bVxS1q8Dd3Kf2P012", {}, { result: "rules are closed", error: true }],
    [
      null,
      "observed",
      "pay",
      "call_Hj4Tn6bVxS1q8Dd3Kf2P013",
      '{"amount":',
      { error: expect.stringContaining('Function "pay" arguments:\n\n{"amount":\n\na') },
    ],
  ],
);
recorded(
  "langchain/langgraph-state.jsonl",
  { format: "langchain", agentId: "model-like-2026-05-01", sessionId: "chat-b6e6650960688d85" },
  [
    [
      null,
      "observed",
      "find_order",
      "call_Hj4Tn6bVxS1q8Dd3Kf2P021",
      { order: 7 },
      { result: { order: 7, paid: 12.5 } },
    ],
    [
      null,
      "observed",
      "list_rules",
      "call_Hj4Tn6bVxS1q8Dd3Kf2P022",
      {},
      { result: "Error: rules are closed\n Please fix your mistakes.", error: true },
    ],
  ],
);
recorded(
  "langchain/langgraph-updates.jsonl",
  { format: "langchain", agentId: "model-like-2026-05-01", sessionId: "chat-e18ad47ed34f32ee" },
  [
    [
      null,
      "observed",
      "find_order",
      "call_Hj4Tn6bVxS1q8Dd3Kf2P021",
      { order: 7 },
      { result: { order: 7, paid: 12.5 } },
    ],
    [
      null,
      "observed",
      "list_rules",
      "call_Hj4Tn6bVxS1q8Dd3Kf2P022",
      {},
      { result: "Error: rules are closed\n Please fix your mistakes.", error: true },
      "chat-687ab439ae68788d",
    ],
  ],
);
recorded(
  "langchain/responses-v1.jsonl",
  { format: "langchain", agentId: "model-like-2026-05-01", sessionId: "chat-b981dd0462f85107" },
  [
    [
      "09:50:00",
      "observed",
      "web_search",
      "ws_68aa10d20000819000000032",
      { query: "order 10" },
      { result: { action: { type: "search", query: "order 10" } } },
    ],
    ["09:50:00", "observed", "find_order", "call_Wq3Zk8sVtY2m9Hc7Lb5R032", { order: 10 }, {}],
  ],
);
recorded(
  "langchain/responses.jsonl",
  { format: "langchain", agentId: "model-like-2026-05-01", sessionId: "chat-ddf5ed9d7301b171" },
  [
    ["09:50:00", "observed", "find_order", "call_Wq3Zk8sVtY2m9Hc7Lb5R031", { order: 9 }, {}],
    ["09:50:00", "observed", "web_search", "ws_68aa10d20000819000000031", { type: "search", query: "order 9" }, {}],
  ],
);
recorded(
  "langchain/stored.jsonl",
  { format: "langchain", agentId: "model-like-2026-05-01", sessionId: "thread-of-langchain-1" },
  [
    [null, "observed", "find_order", "call_Hj4Tn6bVxS1q8Dd3Kf2P011", { order: 7 }, { result: { paid: 12.5 } }],
    [null, "observed", "list_rules", "call_Hj4Tn6bVxS1q8Dd3Kf2P012", {}, { result: "rules are closed", error: true }],
    [
      null,
      "observed",
      "pay",
      "call_Hj4Tn6bVxS1q8Dd3Kf2P013",
      '{"amount":',
      { error: expect.stringContaining('Function "pay" arguments:\n\n{"amount":\n\na') },
    ],
  ],
);
recorded(
  "langchain/to-dict.jsonl",
  { format: "langchain", agentId: "model-like-2026-05-01", sessionId: "thread-of-langchain-2" },
  [
    [null, "observed", "find_order", "call_Hj4Tn6bVxS1q8Dd3Kf2P011", { order: 7 }, { result: { paid: 12.5 } }],
    [null, "observed", "list_rules", "call_Hj4Tn6bVxS1q8Dd3Kf2P012", {}, { result: "rules are closed", error: true }],
    [
      null,
      "observed",
      "pay",
      "call_Hj4Tn6bVxS1q8Dd3Kf2P013",
      '{"amount":',
      { error: expect.stringContaining('Function "pay" arguments:\n\n{"amount":\n\na') },
    ],
  ],
);
