/**
 * @typedef {object} ToolResult
 * @property {import("@agent-assembly/storage").JsonValue} result
 * @property {{ tokens: number, cost: number }} usage what the call took; the cost is in USD
 * @typedef {(args: import("@agent-assembly/storage").JsonValue) => Promise<ToolResult>} Tool
 */

/**
 * Stand-ins: put calls of your services here.
 * @type {Readonly<Record<string, Tool>>}
 */
export const tools = {
  search: async (args) => ({ result: { found: 3, for: args }, usage: { tokens: 120, cost: 0.00036 } }),
  issue_refund: async (args) => ({ result: { refunded: args }, usage: { tokens: 40, cost: 0.00012 } }),
  delete_account: async () => ({ result: "deleted", usage: { tokens: 10, cost: 0.00003 } }),
};
