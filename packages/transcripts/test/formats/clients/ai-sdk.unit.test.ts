import { expect } from "vitest";
import { recorded } from "../../support/recorded.js";

recorded("ai-sdk/v4-core-messages.jsonl", { format: "ai-sdk", agentId: "agent", sessionId: "chat-of-the-ai-sdk-4" }, [
  [null, "observed", "find_order", "call_Hj4Tn6bVxS1q8Dd3Kf2P041", { order: 7 }, { result: { order: 7, paid: 12.5 } }],
  [null, "observed", "confirm", "call_Hj4Tn6bVxS1q8Dd3Kf2P042", { text: "Refund?" }, {}],
]);
recorded("ai-sdk/v4-ui-messages.jsonl", { format: "ai-sdk", agentId: "agent", sessionId: "chat-of-the-ai-sdk-4-ui" }, [
  [
    "09:53:22",
    "observed",
    "find_order",
    "call_Hj4Tn6bVxS1q8Dd3Kf2P041",
    { order: 7 },
    { result: { order: 7, paid: 12.5 } },
  ],
  ["09:53:22", "observed", "confirm", "call_Hj4Tn6bVxS1q8Dd3Kf2P042", { text: "Refund?" }, {}],
]);
recorded(
  "ai-sdk/v6-exchanges.jsonl",
  { format: "openai-responses", agentId: "model-like", sessionId: "chat-3521acd46b730bb8" },
  [
    [
      "09:51:40",
      "observed",
      "find_order",
      "call_Wq3Zk8sVtY2m9Hc7Lb5R041",
      { order: 7 },
      { result: { order: 7, paid: 12.5 } },
    ],
    ["09:51:40", "observed", "list_rules", "call_Wq3Zk8sVtY2m9Hc7Lb5R042", {}, { result: "rules are closed" }],
    [
      "09:51:40",
      "observed",
      "find_order",
      "call_Wq3Zk8sVtY2m9Hc7Lb5R043",
      { order: "seven" },
      { result: expect.stringContaining("Invalid input for tool find_order: Type ") },
    ],
    ["09:51:41", "observed", "refund", "call_Wq3Zk8sVtY2m9Hc7Lb5R044", { order: 7 }, {}],
    ["09:51:41", "observed", "refund", "call_Wq3Zk8sVtY2m9Hc7Lb5R045", { order: 8 }, {}],
  ],
);
recorded("ai-sdk/v6-model-messages.jsonl", { format: "ai-sdk", agentId: "agent", sessionId: "chat-of-the-ai-sdk-1" }, [
  [null, "observed", "find_order", "call_Wq3Zk8sVtY2m9Hc7Lb5R041", { order: 7 }, { result: { order: 7, paid: 12.5 } }],
  [null, "observed", "list_rules", "call_Wq3Zk8sVtY2m9Hc7Lb5R042", {}, { result: "rules are closed", error: true }],
  [
    null,
    "observed",
    "find_order",
    "call_Wq3Zk8sVtY2m9Hc7Lb5R043",
    { order: "seven" },
    { result: expect.stringContaining("Invalid input for tool find_order: Type "), error: true },
  ],
  [
    null,
    "allow",
    "refund",
    "call_Wq3Zk8sVtY2m9Hc7Lb5R044",
    { order: 7 },
    { decisionSource: "user", result: "refunded" },
  ],
  [
    null,
    "deny",
    "refund",
    "call_Wq3Zk8sVtY2m9Hc7Lb5R045",
    { order: 8 },
    { decisionSource: "user", decisionReason: "not that one", result: "not that one", error: true },
  ],
]);
recorded(
  "ai-sdk/v6-result.jsonl",
  { format: "ai-sdk", agentId: "model-like-2026-05-01", sessionId: "chat-4d44ce44e8080d07" },
  [
    [
      "09:51:40",
      "observed",
      "find_order",
      "call_Wq3Zk8sVtY2m9Hc7Lb5R041",
      { order: 7 },
      { timeAssumed: true, result: { order: 7, paid: 12.5 } },
    ],
    [
      "09:51:40",
      "observed",
      "list_rules",
      "call_Wq3Zk8sVtY2m9Hc7Lb5R042",
      {},
      { timeAssumed: true, result: "rules are closed", error: true },
    ],
    [
      "09:51:40",
      "observed",
      "find_order",
      "call_Wq3Zk8sVtY2m9Hc7Lb5R043",
      { order: "seven" },
      { timeAssumed: true, result: expect.stringContaining("Invalid input for tool find_order: Type "), error: true },
    ],
    ["09:51:41", "observed", "refund", "call_Wq3Zk8sVtY2m9Hc7Lb5R044", { order: 7 }, { timeAssumed: true }],
    ["09:51:41", "observed", "refund", "call_Wq3Zk8sVtY2m9Hc7Lb5R045", { order: 8 }, { timeAssumed: true }],
  ],
  ["left_out at 1 /steps/0/response/body", "left_out at 1 /steps/1/request", "left_out at 1 /steps/1/response/body"],
);
recorded(
  "ai-sdk/v6-ui-messages-answered.jsonl",
  { format: "ai-sdk", agentId: "agent", sessionId: "chat-of-the-ai-sdk-2" },
  [
    [
      null,
      "observed",
      "find_order",
      "call_Wq3Zk8sVtY2m9Hc7Lb5R051",
      { order: 9 },
      { result: { order: 9, paid: 12.5 } },
    ],
    [null, "observed", "list_rules", "call_Wq3Zk8sVtY2m9Hc7Lb5R052", {}, { result: "An error occurred.", error: true }],
    [null, "allow", "refund", "call_Wq3Zk8sVtY2m9Hc7Lb5R053", { order: 9 }, { decisionSource: "user" }],
    [
      null,
      "deny",
      "refund",
      "call_Wq3Zk8sVtY2m9Hc7Lb5R054",
      { order: 8 },
      { decisionSource: "user", decisionReason: "not that one", result: "not that one", error: true },
    ],
  ],
);
recorded(
  "ai-sdk/v6-ui-messages-as-model-messages.jsonl",
  { format: "ai-sdk", agentId: "agent", sessionId: "chat-8bc77bd08fd09ce4" },
  [
    [
      null,
      "observed",
      "find_order",
      "call_Wq3Zk8sVtY2m9Hc7Lb5R051",
      { order: 9 },
      { result: { order: 9, paid: 12.5 } },
    ],
    [null, "observed", "list_rules", "call_Wq3Zk8sVtY2m9Hc7Lb5R052", {}, { result: "An error occurred.", error: true }],
    [
      null,
      "allow",
      "refund",
      "call_Wq3Zk8sVtY2m9Hc7Lb5R053",
      { order: 9 },
      { decisionSource: "user", result: "refunded" },
    ],
    [
      null,
      "deny",
      "refund",
      "call_Wq3Zk8sVtY2m9Hc7Lb5R054",
      { order: 8 },
      { decisionSource: "user", decisionReason: "not that one", result: "not that one", error: true },
    ],
  ],
);
recorded(
  "ai-sdk/v6-ui-messages-asked.jsonl",
  { format: "ai-sdk", agentId: "agent", sessionId: "chat-of-the-ai-sdk-2" },
  [
    [
      null,
      "observed",
      "find_order",
      "call_Wq3Zk8sVtY2m9Hc7Lb5R051",
      { order: 9 },
      { result: { order: 9, paid: 12.5 } },
    ],
    [null, "observed", "list_rules", "call_Wq3Zk8sVtY2m9Hc7Lb5R052", {}, { result: "An error occurred.", error: true }],
    [null, "observed", "refund", "call_Wq3Zk8sVtY2m9Hc7Lb5R053", { order: 9 }, {}],
    [null, "observed", "refund", "call_Wq3Zk8sVtY2m9Hc7Lb5R054", { order: 8 }, {}],
  ],
);
recorded("ai-sdk/v6-ui-messages.jsonl", { format: "ai-sdk", agentId: "agent", sessionId: "chat-of-the-ai-sdk-2" }, [
  [null, "observed", "find_order", "call_Wq3Zk8sVtY2m9Hc7Lb5R051", { order: 9 }, { result: { order: 9, paid: 12.5 } }],
  [null, "observed", "list_rules", "call_Wq3Zk8sVtY2m9Hc7Lb5R052", {}, { result: "An error occurred.", error: true }],
  [
    null,
    "allow",
    "refund",
    "call_Wq3Zk8sVtY2m9Hc7Lb5R053",
    { order: 9 },
    { decisionSource: "user", result: "refunded" },
  ],
  [
    null,
    "deny",
    "refund",
    "call_Wq3Zk8sVtY2m9Hc7Lb5R054",
    { order: 8 },
    { decisionSource: "user", decisionReason: "not that one", result: "not that one", error: true },
  ],
]);
recorded("ai-sdk/v6-ui-stream-1.txt", { format: "ai-sdk", agentId: "agent", sessionId: "chat-d952179ed6fa9ce1" }, [
  [null, "observed", "find_order", "call_Wq3Zk8sVtY2m9Hc7Lb5R051", { order: 9 }, { result: { order: 9, paid: 12.5 } }],
  [null, "observed", "list_rules", "call_Wq3Zk8sVtY2m9Hc7Lb5R052", {}, { result: "An error occurred.", error: true }],
  [null, "observed", "refund", "call_Wq3Zk8sVtY2m9Hc7Lb5R053", { order: 9 }, {}],
  [null, "observed", "refund", "call_Wq3Zk8sVtY2m9Hc7Lb5R054", { order: 8 }, {}],
]);
recorded("ai-sdk/v6-ui-stream-2.txt", {}, [], ["no_call at 17 /content/0", "no_call at 17 /content/1"]);
recorded("ai-sdk/v7-model-messages.jsonl", { format: "ai-sdk", agentId: "agent", sessionId: "chat-of-the-ai-sdk-1" }, [
  [null, "observed", "find_order", "call_Wq3Zk8sVtY2m9Hc7Lb5R041", { order: 7 }, { result: { order: 7, paid: 12.5 } }],
  [
    null,
    "observed",
    "list_rules",
    "call_Wq3Zk8sVtY2m9Hc7Lb5R042",
    {},
    { result: "Error: rules are closed", error: true },
  ],
  [
    null,
    "observed",
    "find_order",
    "call_Wq3Zk8sVtY2m9Hc7Lb5R043",
    { order: "seven" },
    { result: expect.stringContaining("AI_InvalidToolInputError: Invalid input "), error: true },
  ],
  [
    null,
    "deny",
    "note",
    "call_Wq3Zk8sVtY2m9Hc7Lb5R047",
    { text: "x" },
    { decisionSource: "rule", decisionReason: "notes are off", result: "notes are off", error: true },
  ],
  [
    null,
    "allow",
    "refund",
    "call_Wq3Zk8sVtY2m9Hc7Lb5R044",
    { order: 7 },
    { decisionSource: "user", result: "refunded" },
  ],
  [
    null,
    "deny",
    "refund",
    "call_Wq3Zk8sVtY2m9Hc7Lb5R045",
    { order: 8 },
    { decisionSource: "user", decisionReason: "not that one", result: "not that one", error: true },
  ],
]);
recorded(
  "ai-sdk/v7-result.jsonl",
  { format: "ai-sdk", agentId: "model-like-2026-05-01", sessionId: "call-wqRQXevNIyAmixptyw2igvkH" },
  [
    [
      "09:51:40",
      "observed",
      "find_order",
      "call_Wq3Zk8sVtY2m9Hc7Lb5R041",
      { order: 7 },
      { timeAssumed: true, result: { order: 7, paid: 12.5 } },
    ],
    [
      "09:51:40",
      "observed",
      "list_rules",
      "call_Wq3Zk8sVtY2m9Hc7Lb5R042",
      {},
      { timeAssumed: true, result: "Error: rules are closed", error: true },
    ],
    [
      "09:51:40",
      "observed",
      "find_order",
      "call_Wq3Zk8sVtY2m9Hc7Lb5R043",
      { order: "seven" },
      { timeAssumed: true, result: expect.stringContaining("AI_InvalidToolInputError: Invalid input "), error: true },
    ],
    [
      "09:51:41",
      "deny",
      "note",
      "call_Wq3Zk8sVtY2m9Hc7Lb5R047",
      { text: "x" },
      {
        timeAssumed: true,
        decisionSource: "rule",
        decisionReason: "notes are off",
        result: "notes are off",
        error: true,
      },
    ],
    ["09:51:41", "observed", "refund", "call_Wq3Zk8sVtY2m9Hc7Lb5R044", { order: 7 }, { timeAssumed: true }],
    ["09:51:41", "observed", "refund", "call_Wq3Zk8sVtY2m9Hc7Lb5R045", { order: 8 }, { timeAssumed: true }],
  ],
);
recorded("ai-sdk/v7-ui-messages.jsonl", { format: "ai-sdk", agentId: "agent", sessionId: "chat-of-the-ai-sdk-2" }, [
  [null, "observed", "find_order", "call_Wq3Zk8sVtY2m9Hc7Lb5R051", { order: 9 }, { result: { order: 9, paid: 12.5 } }],
  [
    null,
    "observed",
    "list_rules",
    "call_Wq3Zk8sVtY2m9Hc7Lb5R052",
    {},
    { result: "Error: rules are closed", error: true },
  ],
  [
    null,
    "allow",
    "refund",
    "call_Wq3Zk8sVtY2m9Hc7Lb5R053",
    { order: 9 },
    { decisionSource: "user", result: "refunded" },
  ],
  [
    null,
    "deny",
    "refund",
    "call_Wq3Zk8sVtY2m9Hc7Lb5R054",
    { order: 8 },
    { decisionSource: "user", decisionReason: "not that one", result: "not that one", error: true },
  ],
]);
