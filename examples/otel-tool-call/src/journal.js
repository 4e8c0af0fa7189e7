import { appendFileSync, existsSync, readFileSync } from "node:fs";

/**
 * A call that was made.
 * @typedef {object} ToolCall
 * @property {string} id
 * @property {string} tool
 * @property {Record<string, unknown>} arguments
 * @property {unknown} result
 * @property {number} startedAt milliseconds since the epoch
 * @property {number} endedAt
 */

/**
 * The calls that were written down, the oldest first.
 * @param {string} file
 * @returns {ToolCall[]}
 */
export function readJournal(file) {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
}

/**
 * Writes a call down before it is sent: what was not acknowledged can be sent again, by this process or by the next one.
 * @param {string} file
 * @param {ToolCall} call
 */
export function writeToJournal(file, call) {
  appendFileSync(file, `${JSON.stringify(call)}\n`);
}
