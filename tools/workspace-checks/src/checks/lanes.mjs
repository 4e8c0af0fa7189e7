import { spawn } from "node:child_process";

/**
 * @typedef {object} Check
 * @property {string} name
 * @property {readonly string[]} command exits with 0 when there are no findings
 * @property {string} remedy what to do about its findings
 * @property {(line: string) => boolean} [isFinding] selects the lines of a tool that reports its progress, too
 */

/**
 * @param {Check} check
 * @param {string} cwd
 * @returns {Promise<string | undefined>} what the check found, if it found anything
 */
async function findingsOf({ command: [program, ...args], isFinding = () => true }, cwd) {
  const child = spawn(/** @type {string} */ (program), args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
  const output = [];
  child.stdout.on("data", (bytes) => output.push(bytes));
  child.stderr.on("data", (bytes) => output.push(bytes));
  const code = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  if (code === 0) return undefined;
  const text = Buffer.concat(output).toString().trim();
  const findings = text.split("\n").filter(isFinding).join("\n");
  // A tool that could not run has no findings, and says why.
  return findings === "" ? text : findings;
}

/**
 * Runs the checks of a lane, one after the other, up to the first that has findings.
 * @param {readonly Check[]} lane
 * @param {string} cwd
 * @returns {Promise<string | undefined>} its findings under what to do about them, and what is not checked yet
 */
export async function runLane(lane, cwd) {
  for (const [index, check] of lane.entries()) {
    const findings = await findingsOf(check, cwd);
    if (findings === undefined) continue;
    const rest = lane.slice(index + 1).map(({ name }) => name);
    const unchecked = rest.length === 0 ? "" : `\nNot checked until then: ${rest.join(", ")}.`;
    return `${check.name}: ${check.remedy}${unchecked}\n\n${findings}`;
  }
  return undefined;
}
