import { formatBytes, formatCount, formatTime } from "../../terminal/format.js";
import type { Field } from "../../terminal/table.js";
import type { StatusReport } from "./report.js";

type Details = StatusReport["health"]["details"];

/** What the health of a backend has of figures, those of TimescaleDB in words. */
export function renderDetails({ health, location, backend }: StatusReport): Field[] {
  const timescale = backend === "postgres" ? timescaleFields(health.details) : [];
  const others = Object.entries(health.details).filter(
    ([name, value]) => value !== location && !(backend === "postgres" && IN_WORDS.has(name)),
  );
  return [...timescale, ...others.map(([name, value]): Field => [spaced(name), detail(name, value)])];
}

/** Details that {@link timescaleFields} shows, and one that repeats the location. */
const IN_WORDS: ReadonlySet<string> = new Set([
  "place",
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
