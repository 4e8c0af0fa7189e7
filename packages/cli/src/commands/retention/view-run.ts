import type { RunReport } from "@agent-assembly/retention";
import { escapeText } from "../../terminal/escape.js";
import { formatBytes, formatCount, formatDuration, rowsText, segmentsText } from "../../terminal/format.js";
import type { Style } from "../../terminal/style.js";
import type { Explain } from "./run-document.js";

/** What became of a run, and what to do about what failed. */
export function renderRun(report: RunReport, explain: Explain, style: Style): string {
  const { outcome, failures } = report;
  const took = formatDuration(report.finishedAt.getTime() - report.startedAt.getTime());
  const paint = outcome === "succeeded" ? style.green : outcome === "failed" ? style.red : style.yellow;
  return [
    `${paint(`Run ${outcome}`)} after ${took}: ${doneText(report)}\n`,
    ...failures.map(({ item, error }) => {
      const what = item === undefined ? "an archive of an earlier run" : item.id;
      return `${style.red("!")} ${escapeText(`${what}: ${error.code}: ${explain(error).message}`)}\n`;
    }),
    outcome === "failed" ? "What failed is still in the store; when the cause is gone: aasm retention run\n" : "",
    outcome === "interrupted" ? "The next run goes on from there: aasm retention run\n" : "",
  ].join("");
}

export function doneText({ rows, bytes, archivedRows, compressedSegments }: RunReport): string {
  const dropped = rows - archivedRows;
  const parts = [
    ...(rows === 0 ? ["no rows left the store"] : [`${rowsText(rows)} left the store (about ${formatBytes(bytes)})`]),
    ...(archivedRows === 0 ? [] : [`${formatCount(archivedRows)} archived`]),
    ...(dropped === 0 ? [] : [`${formatCount(dropped)} dropped`]),
    ...(compressedSegments === 0 ? [] : [`${segmentsText(compressedSegments)} compressed`]),
  ];
  return parts.join(", ");
}
