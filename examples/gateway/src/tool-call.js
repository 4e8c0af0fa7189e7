import { HTTPException } from "hono/http-exception";

/**
 * @typedef {object} ToolCall
 * @property {string} agentId
 * @property {string | undefined} teamId
 * @property {string} tool
 * @property {import("@agent-assembly/storage").JsonValue} args
 * @property {string | undefined} approvalId of a call that was approved
 */

/**
 * The call in the body of a request. In production, take the agent's id from its credentials instead.
 * @param {unknown} body
 * @returns {ToolCall}
 */
export function readToolCall(body) {
  const { agentId, teamId, tool, arguments: args, approvalId } = Object(body);
  return {
    agentId: requiredText("agentId", agentId),
    teamId: optionalText("teamId", teamId),
    tool: requiredText("tool", tool),
    args: args ?? null,
    approvalId: optionalText("approvalId", approvalId),
  };
}

/** @param {string} name @param {unknown} value */
function requiredText(name, value) {
  if (typeof value === "string" && value !== "") return value;
  throw new HTTPException(400, { message: `${name} must be a text` });
}

/** @param {string} name @param {unknown} value */
function optionalText(name, value) {
  return value === undefined ? undefined : requiredText(name, value);
}
