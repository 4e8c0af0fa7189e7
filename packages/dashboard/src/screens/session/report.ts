import type { EventRow } from "../../server/wire.js";
import { visible } from "../../text/visible.js";

/** The events of a session as a Markdown table, for a ticket or a review. Times are in UTC. */
export function sessionReport(by: string, id: string, events: readonly EventRow[]): string {
  const denied = events.filter(({ decision }) => decision === "deny").length;
  const rows = events.map(({ ts, decision, action, tool, matchedRuleId, preview }) =>
    [ts, decision, action, tool, matchedRuleId, preview].map((value) => cell(value ?? "")).join(" | "),
  );
  return [
    `## ${by === "trace" ? "Trace" : "Session"} ${cell(id)}`,
    "",
    `${events.length} events, ${denied} denied, ${events[0]?.ts ?? ""} to ${events.at(-1)?.ts ?? ""}`,
    "",
    "| Time | Decision | Action | Tool | Rule | Arguments |",
    "|---|---|---|---|---|---|",
    ...rows.map((row) => `| ${row} |`),
    "",
  ].join("\n");
}

// Data must stay text where the report is rendered: no markup, links or images of its own.
function cell(text: string): string {
  return visible(text).replace(/[\\`*_{}[\]<>()#+!|~&]/g, "\\$&");
}
