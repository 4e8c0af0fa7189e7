import { escapeText } from "../../terminal/escape.js";
import { eventsText, formatBytes, formatCount, formatTime, partitionsText } from "../../terminal/format.js";
import type { Style } from "../../terminal/style.js";
import { type Field, renderFields, renderTable } from "../../terminal/table.js";
import { logText } from "../evidence/read-status.js";
import { renderForeign } from "../retention/view-plan.js";
import type { StatusReport, TierRows } from "./report.js";
import { retentionFields } from "./retention.js";
import { renderStateProblems, stateFields } from "./state.js";
import { usageFields } from "./usage.js";

/** Where data goes, and what says so. */
function placeText({ location, backend, health, namedBy }: StatusReport): string {
  const schema = health.details?.schema;
  const inSchema = typeof schema === "string" ? `, schema ${schema}` : "";
  const place = location === null ? "memory, gone when the process ends" : escapeText(`${location}${inSchema}`);
  return `${place} (${escapeText(`${backend}, ${namedBy === null ? "by default" : `named by ${namedBy}`}`)})`;
}

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
    ...usageFields(report.usage),
    ...(report.tiers ?? []).map(tierField),
    ...retentionFields(report.retention, now),
    ["evidence", report.evidence === null ? undefined : logText(report.evidence, now)],
    ...stateFields(report.state),
  ];
  const problems = health.problems.map((problem) => `${style.yellow("!")} ${problem}\n`).join("");
  const notes = (health.notes ?? []).map((note) => `${style.dim("note")} ${note}\n`).join("");
  const foreign = report.retention === null ? "" : renderForeign(report.retention, style);
  return [
    `${style.bold("data in")} ${placeText(report)}\n`,
    `${style.bold("health")} ${paint(status)}\n`,
    problems,
    notes,
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
  const size = `${eventsText(rows)} in ${partitionsText(partitions)}, ${tier === "archived" ? "" : "about "}${formatBytes(bytes)}`;
  return tier === "archived" ? ["archived", `${size} in files`] : [`${tier} tier`, size];
}

function counted(count: number | null): string {
  return count === null ? "not counted (took too long)" : formatCount(count);
}

type Details = StatusReport["health"]["details"];

/** What the health of a backend has of figures, those of a replica and of TimescaleDB in words. */
export function renderDetails({ health, location, backend }: StatusReport): Field[] {
  const { details } = health;
  const inWords = backend === "postgres" ? [...replicaFields(details), ...timescaleFields(details)] : [];
  const others = Object.entries(details).filter(
    ([name, value]) => value !== location && !(backend === "postgres" && IN_WORDS.has(name)),
  );
  return [...inWords, ...others.map(([name, value]): Field => [spaced(name), detail(name, value)])];
}

/** Details that {@link replicaFields} and {@link timescaleFields} show, and one that repeats the location. */
const IN_WORDS: ReadonlySet<string> = new Set([
  "place",
  "replica",
  "replicaLagMs",
  "replicaLagBytes",
  "readsOnReplica",
  "readsOnPrimary",
  "timescaledb",
  "timescaledbVersion",
  "timescaledbLacks",
  "chunks",
  "compressedChunks",
  "compressionRatio",
  "oldestChunk",
  "failedJobs",
]);

const EDITIONS: Readonly<Record<string, string>> = {
  none: "none: plain PostgreSQL",
  apache: "Apache edition",
  community: "Community edition",
};

/** `db2:5432/governance, 40 ms (16.0 KiB) behind; answered 12 reads, and the primary 3`. */
function replicaFields(details: Details): Field[] {
  const { replica, replicaLagMs, replicaLagBytes, readsOnReplica, readsOnPrimary } = details;
  if (typeof replica !== "string") return [];
  const ms = typeof replicaLagMs === "number" ? `${formatCount(replicaLagMs)} ms` : "an unknown time";
  const behind = typeof replicaLagBytes === "number" ? `${ms} (${formatBytes(replicaLagBytes)}) behind` : "lag unknown";
  const reads = `answered ${formatCount(Number(readsOnReplica))} reads, and the primary ${formatCount(Number(readsOnPrimary))}`;
  return [["replica", `${replica}, ${behind}; ${reads}`]];
}

function timescaleFields(details: Details): Field[] {
  const { timescaledb, timescaledbVersion, chunks, oldestChunk, failedJobs } = details;
  if (timescaledb === undefined) return [];
  const edition = EDITIONS[String(timescaledb)] ?? String(timescaledb);
  return [
    ["timescaledb", timescaledbVersion === undefined ? edition : `${edition}, version ${timescaledbVersion}`],
    ["chunks", typeof chunks === "number" ? chunkCounts(chunks, details) : undefined],
    ["oldest chunk", typeof oldestChunk === "string" ? formatTime(new Date(oldestChunk)) : undefined],
    ["failed jobs", typeof failedJobs === "number" ? formatCount(failedJobs) : undefined],
  ];
}

/** `12, 4 of them compressed, 4.7 times smaller`. */
function chunkCounts(chunks: number, { compressedChunks, compressionRatio }: Details): string {
  const compressed = typeof compressedChunks === "number" ? compressedChunks : 0;
  if (compressed === 0) return `${formatCount(chunks)}, none compressed`;
  const ratio = typeof compressionRatio === "number" ? `, ${compressionRatio.toFixed(1)} times smaller` : "";
  return `${formatCount(chunks)}, ${formatCount(compressed)} of them compressed${ratio}`;
}

/** `walBytes` reads as `wal bytes`. */
function spaced(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}

function detail(name: string, value: string | number | boolean): string {
  if (typeof value !== "number") return String(value);
  return /bytes$/i.test(name) ? formatBytes(value) : formatCount(value);
}
