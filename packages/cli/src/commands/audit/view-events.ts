import { type AuditEvent, toolOf } from "@agent-assembly/storage-core";
import { formatRelative, formatSecond } from "../../terminal/format.js";
import type { Style } from "../../terminal/style.js";
import { type Column, renderTable } from "../../terminal/table.js";

/** Events as a table, most telling columns first. */
export function renderEvents(
  events: readonly AuditEvent[],
  width: number | undefined,
  style: Style,
  now: number,
): string {
  const columns: Column<AuditEvent>[] = [
    { title: "TIME", value: (event) => formatSecond(event.ts), fixed: true },
    { title: "AGO", value: (event) => formatRelative(event.ts, now), fixed: true, style: () => style.dim },
    { title: "AGENT", value: (event) => event.agentId },
    { title: "ACTION", value: (event) => event.action },
    {
      title: "DECISION",
      value: (event) => (event.dryRun ? `${event.decision} (dry run)` : event.decision),
      style: (event) => decisionStyle(style, event.decision),
    },
    { title: "TOOL", value: (event) => toolOf(event.payload) ?? undefined },
    { title: "RULE", value: (event) => event.matchedRuleId },
    { title: "SHADOW", value: (event) => event.shadowDecision },
    { title: "SESSION", value: (event) => event.sessionId },
    { title: "TEAM", value: (event) => event.teamId },
  ];
  return renderTable(events, columns, width, style);
}

/** A decision in the colour of its meaning. */
export function decisionStyle(style: Style, decision: string): (text: string) => string {
  if (decision === "deny" || decision === "error") return style.red;
  if (decision === "allow") return style.green;
  return style.yellow;
}
