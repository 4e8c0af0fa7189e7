import type { NormalizedEvent } from "@agent-assembly/storage-core/backend";
import { toStoredJson } from "../sql/stored-json.js";
import { toTimestamp } from "../sql/timestamps.js";

const SPECIAL = /[\\\b\f\n\r\t\v]/g;
const HAS_SPECIAL = /[\\\b\f\n\r\t\v]/;
const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
};

/** Events as rows of COPY's text format, in the order of `EVENT_COLUMNS`. */
export function copyText(events: readonly NormalizedEvent[]): string {
  let text = "";
  for (const event of events) {
    text += `${toTimestamp(event.ts)}\t${toTimestamp(event.recordedAt)}\t${event.eventId}\t${field(event.agentId)}\t${field(event.teamId)}\t${field(event.orgId)}\t${field(event.sessionId)}\t${field(event.traceId)}\t${field(event.action)}\t${field(event.decision)}\t${event.dryRun ? "t" : "f"}\t${field(event.shadowDecision)}\t${field(event.matchedRuleId)}\t${field(event.tool)}\t${json(event.payload)}\n`;
  }
  return text;
}

function field(value: string | null): string {
  if (value === null) return "\\N";
  return HAS_SPECIAL.test(value) ? value.replace(SPECIAL, (char) => ESCAPES[char] as string) : value;
}

/** JSON text holds no control characters, only backslashes. */
function json(payload: string | null): string {
  if (payload === null) return "\\N";
  const stored = toStoredJson(payload);
  return stored.includes("\\") ? stored.replaceAll("\\", "\\\\") : stored;
}
