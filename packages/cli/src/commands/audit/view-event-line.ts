import { type AuditEvent, toolOf } from "@agent-assembly/storage-core";
import { escapeText } from "../../terminal/escape.js";
import { formatTime } from "../../terminal/format.js";
import type { Style } from "../../terminal/style.js";
import { pad, truncate } from "../../terminal/truncate.js";
import { decisionStyle } from "./view-events.js";

/** One event on one line, for a list that grows: the columns cannot wait for all rows to be known. */
export function renderEventLine(event: AuditEvent, width: number | undefined, style: Style): string {
  const decision = event.dryRun ? `${event.decision} (dry run)` : event.decision;
  const cell = (text: string, size: number): string => pad(truncate(escapeText(text), size), size, "left");
  const head = `${formatTime(event.ts)}  ${cell(event.agentId, 16)}  ${cell(event.action, 15)}  `;
  const decided = cell(decision, 15);
  const details = [toolOf(event.payload), event.matchedRuleId, event.sessionId]
    .filter((text) => text !== undefined && text !== null)
    .map((text) => escapeText(text))
    .join("  ");
  const room = width === undefined ? undefined : Math.max(1, width - head.length - decided.length - 2);
  const tail = room === undefined ? details : truncate(details, room);
  return `${head}${decisionStyle(style, event.decision)(decided)}  ${tail}`.trimEnd().concat("\n");
}
