import type { Style } from "../io/style.js";
import type { StatusReport, TierRows } from "../status-report.js";
import { renderDetails } from "./details.js";
import { type Field, renderFields } from "./fields.js";
import { renderForeign } from "./plan.js";
import { partitionsText } from "./plan-totals.js";
import { retentionFields } from "./retention-status.js";
import { formatBytes, formatCount } from "./size.js";
import { renderStateProblems, stateFields } from "./state-status.js";
import { renderTable } from "./table.js";

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

function tierField({ tier, partitions, rows, bytes }: TierRows): Field {
  const size = `${formatCount(rows)} events in ${partitionsText(partitions)}, ${tier === "archived" ? "" : "about "}${formatBytes(bytes)}`;
  return tier === "archived" ? ["archived", `${size} in files`] : [`${tier} tier`, size];
}

function counted(count: number | null): string {
  return count === null ? "not counted (took too long)" : formatCount(count);
}
