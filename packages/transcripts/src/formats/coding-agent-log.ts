import type { JsonValue } from "@agent-assembly/storage-core";
import { CallLog, type CallLogOptions } from "../calls/call-log.js";
import { digestOf } from "../calls/identity.js";
import type { ReaderOptions } from "./format.js";

/**
 * The calls of a session file of a coding agent. The models' interfaces number calls uniquely, so a resumed session that
 * copies the history of another has the same calls.
 */
export function codingAgentLog(format: "claude-code" | "codex", options: ReaderOptions): CallLog {
  return agentLog(options, { format, sessionId: format, scope: [format], uniqueIds: true });
}

/** The calls of a log that one agent wrote, which is named like its format. */
export function agentLog(
  { agentId, decision, start }: ReaderOptions,
  own: Pick<CallLogOptions, "format" | "sessionId" | "scope" | "uniqueIds">,
): CallLog {
  const log = new CallLog({ ...own, agentId: agentId ?? own.format, decision, began: undefined, start });
  log.begin();
  return log;
}

/** The name of a session by its first line, which stays the same while the session grows. */
export function unnamedSession(format: string, first: JsonValue): string {
  return `${format}-${digestOf(first).slice(0, 16)}`;
}
