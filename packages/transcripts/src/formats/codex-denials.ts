import type { JsonValue } from "@agent-assembly/storage-core";
import { isObject } from "../calls/values.js";

/** What Codex tells the model in place of an output when a call was not allowed, in a rollout and in its telemetry. */
const DENIED_BY: readonly (readonly [string, RegExp])[] = [
  ["user", /^(?:exec command rejected by user|patch rejected by user|user rejected MCP tool call)/],
  ["user", /^\w+ failed: \w+ \{ message: "Rejected\(\\"rejected by user/],
  ["rule", /^\w+ failed: \w+ \{ message: "Rejected\(\\"/],
  ["rule", /^approval policy is .{1,80}; reject command/s],
  ["hook", /^(?:Command|Tool call) blocked by PreToolUse hook: /],
  ["guardian", /^This action was rejected due to unacceptable risk/],
];

/** Who denied a call, as its output has it. */
export function denialIn(output: JsonValue | undefined): string | undefined {
  const text = firstText(output);
  return text === undefined ? undefined : DENIED_BY.find(([, pattern]) => pattern.test(text))?.[0];
}

function firstText(output: JsonValue | undefined): string | undefined {
  if (typeof output === "string") return output;
  const [first] = Array.isArray(output) ? output : [];
  return isObject(first) && typeof first.text === "string" ? first.text : undefined;
}
