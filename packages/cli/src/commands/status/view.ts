import { formatBytes, formatCount, segmentsText } from "../../terminal/format.js";
import type { Style } from "../../terminal/style.js";
import { type Field, renderFields, renderTable } from "../../terminal/table.js";
import { renderForeign } from "../retention/view-plan.js";
import type { StatusReport, TierRows } from "./report.js";
import { renderDetails } from "./view-details.js";
import { retentionFields } from "./view-retention.js";
import { renderStateProblems, stateFields } from "./view-state.js";

export function renderStatus(report: StatusReport, style: Style, width: number | undefined, now: number): string {
  const { health, status } = report;
  const paint = status === "ok" ? style.green : status === "down" ? style.red : style.yellow;
  const fields: Field[] = [
    ["mode", report.mode],
    ["backend", report.backend],
    ["location", report.location ?? undefined],
    ["configuration", report.configFile ?? undefined],
    ["latency", `${health.latencyMs.toFixed(1)} ms`],
    ["schema version", health.schemaVersion?.toString()],
    ["database version", health.serverVersion],
    ...renderDetails(report),
    ["events", counted(report.events)],
    ["agents", counted(report.agents)],
    ["policies", counted(report.policies)],
    ...(report.tiers ?? []).map(tierField),
    ...retentionFields(report.retention, now),
    ...stateFields(report.state),
  ];
  const problems = health.problems.map((problem) => `${style.yellow("!")} ${problem}\n`).join("");
  const foreign = report.retention === null ? "" : renderForeign(report.retention, style);
  return [
    `${style.bold("health")} ${paint(status)}\n`,
    problems,
    foreign,
    renderStateProblems(report.state, style),
    renderFields(fields, style),
    "\n",
    renderTable(
      Object.entries(report.capabilities),
      [
        { title: "CAPABILITY", value: ([name]) => name, fixed: true },
        {
          title: "STATUS",
          value: ([, capability]) => capability.status,
          fixed: true,
          style: ([, { status }]) =>
            status === "supported" ? style.green : status === "degraded" ? style.yellow : style.dim,
        },
        {
          title: "NOTE",
          value: ([, capability]) => (capability.status === "supported" ? undefined : capability.reason),
        },
      ],
      width,
      style,
    ),
  ].join("");
}

function tierField({ tier, segments, rows, bytes }: TierRows): Field {
  const size = `${formatCount(rows)} events in ${segmentsText(segments)}, ${tier === "archived" ? "" : "about "}${formatBytes(bytes)}`;
  return tier === "archived" ? ["archived", `${size} in files`] : [`${tier} tier`, size];
}

function counted(count: number | null): string {
  return count === null ? "not counted (took too long)" : formatCount(count);
}
