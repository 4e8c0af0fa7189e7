/** A tool call as it is sent. */
export const newEventExample = {
  ts: "2026-11-30T12:00:00.000Z",
  eventId: "019ad4c2-7f00-7000-8000-000000000001",
  agentId: "support-bot",
  sessionId: "conversation-17",
  action: "tool_call",
  decision: "allow",
  payload: { tool: "search_orders", arguments: { customer: "c-42" }, result: { orders: 2 } },
};
