import { CallLog } from "../calls/call-log.js";
import type { ReaderOptions } from "./format.js";

/**
 * The calls of a session file of a coding agent. The models' interfaces number calls uniquely, so a resumed session that
 * copies the history of another has the same calls.
 */
export function codingAgentLog(format: "claude-code" | "codex", options: ReaderOptions): CallLog {
  const log = new CallLog({
    format,
    sessionId: "unknown",
    agentId: options.agentId ?? format,
    scope: [format],
    uniqueIds: true,
    decision: options.decision,
    began: undefined,
    start: options.start,
  });
  log.begin();
  return log;
}
